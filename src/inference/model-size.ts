/** What a model may weigh: it goes to clinics over slow links, and a small computer keeps several in memory. */
export const MOST_MODEL_BYTES = 15e6

/** Why a model is large, in words; undefined where it is not. */
export const modelTooLarge = (bytes: number): string | undefined => bytes <= MOST_MODEL_BYTES ? undefined
  : `its model has ${(bytes / 1e6).toFixed(1)} MB, more than the ${MOST_MODEL_BYTES / 1e6} MB that slow links and small computers are served with: quantize it (docs/add-a-model.md), or take a smaller network`
