import { z } from 'zod'
import type { Problem } from '../domain/problem.js'
import { problem } from '../domain/problem.js'
import type { Result } from '../domain/result.js'
import { err, ok } from '../domain/result.js'

/**
 * One step of preprocessing; the list is the whole definition, used by training, evaluation and the appliance
 * (`inference/preprocess/`). Pixel units are those of the step's input unless said otherwise.
 */
const preprocessStep = z.discriminatedUnion('step', [
  /** Crop to the lit disc of a fundus photograph: pixels above `threshold` (0..255) by rows and columns. */
  z.object({ step: z.literal('crop-field-of-view'), threshold: z.number(), margin: z.number() }),
  /** Crop black or white borders of a film or a screen grab: rows and columns whose deviation is under `deviation`. */
  z.object({ step: z.literal('crop-border'), deviation: z.number() }),
  /** Keep the middle: `fraction` of width and height. */
  z.object({ step: z.literal('crop-centre'), fraction: z.number().gt(0).lte(1) }),
  /** Pad with black to a square, content centred. */
  z.object({ step: z.literal('pad-square') }),
  /** Area-averaging when shrinking, bilinear when growing (half-pixel centres), aspect not kept. */
  z.object({ step: z.literal('resize'), width: z.int().positive(), height: z.int().positive() }),
  /** RGB to one channel by ITU-R BT.601 luma. */
  z.object({ step: z.literal('grey') }),
  /** One channel to three equal ones. */
  z.object({ step: z.literal('repeat-channels') }),
  /** Histogram equalisation channel by channel, inside the field of view (pixels above `threshold`) or everywhere. */
  z.object({ step: z.literal('equalise'), mask: z.enum(['field-of-view', 'all']), threshold: z.number() }),
  /** The same beside the picture as it is: RGB becomes six channels, red, green, blue and each of them equalised. Nothing but to-tensor may follow. */
  z.object({ step: z.literal('add-equalised'), mask: z.enum(['field-of-view', 'all']), threshold: z.number() }),
  /** Subtract the local average (box blur, three passes, radius as a fraction of the width), scale, re-centre on 128. */
  z.object({ step: z.literal('local-contrast'), radiusFraction: z.number(), gain: z.number() }),
  /** Stretch so that the given percentiles of the pixels become 0 and 255. */
  z.object({ step: z.literal('stretch'), lowPercentile: z.number(), highPercentile: z.number() }),
  /** To float32 NCHW: (value - mean[c]) / std[c]. Always last. */
  z.object({ step: z.literal('to-tensor'), mean: z.array(z.number()), std: z.array(z.number()) })
])
export type PreprocessStep = z.infer<typeof preprocessStep>

const preprocessSteps = z.array(preprocessStep).min(1).superRefine((steps, ctx) => {
  const six = steps.findIndex(({ step }) => step === 'add-equalised')
  const after = six < 0 ? undefined : steps.slice(six + 1).find(({ step }) => step !== 'to-tensor')
  if (after) ctx.addIssue({ code: 'custom', path: [six], message: `nothing but to-tensor takes the six channels of add-equalised; put ${after.step} before it` })
})

/** Maps a raw model output to a probability; fitted on `val` after quantization. */
const calibration = z.discriminatedUnion('kind', [
  /** p = sigmoid(a * logit + b) */
  z.object({ kind: z.literal('platt'), a: z.number(), b: z.number() }),
  /** Piecewise-linear through (x, y), both rising; x is the raw score 0..1. */
  z.object({ kind: z.literal('isotonic'), x: z.array(z.number()), y: z.array(z.number()) })
])
export type Calibration = z.infer<typeof calibration>

/**
 * A finding reads one number from the logits: `logit` takes element `index`; `ordinal` reads element `index` of cumulative logits
 * (P(grade > index)); `softmax` takes the log-odds of the classes in `indices` against the rest.
 */
const findingSpec = z.object({
  code: z.string(), name: z.string(),
  source: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('logit'), index: z.int().min(0) }),
    z.object({ kind: z.literal('ordinal'), index: z.int().min(0) }),
    z.object({ kind: z.literal('softmax'), indices: z.array(z.int().min(0)) })
  ]),
  calibration
})
export type FindingSpec = z.infer<typeof findingSpec>

const sha256 = z.string().regex(/^[0-9a-f]{64}$/)

const manifestFields = z.object({
  formatVersion: z.literal(1),
  id: z.string().regex(/^[a-z0-9-]+$/),
  version: z.string().regex(/^\d+\.\d+\.\d+$/),
  /**
   * Folder under `inference/tasks/`. image-type: the gate, decides what the picture is. ordinal-grade: grade by cumulative logits.
   * findings: independent findings. clip-findings: findings pooled over the frames of a clip.
   */
  task: z.enum(['image-type', 'ordinal-grade', 'findings', 'clip-findings']),
  modality: z.enum(['fundus', 'cxr', 'ultrasound', 'any']),
  title: z.string(),
  model: z.object({ file: z.literal('model.onnx'), sha256 }),
  input: z.object({ name: z.string(), channels: z.int(), height: z.int(), width: z.int() }),
  preprocess: preprocessSteps,
  /** Names of the ONNX outputs: logits [1,K]; activation [1,C,h,w] or [1,h,w] (already a map); embedding [1,E]. */
  outputs: z.object({ logits: z.string(), activation: z.string().optional(), embedding: z.string().optional(), quality: z.string().optional() }),
  /** Names of the logits' classes or grades, in order. */
  classes: z.array(z.string()),
  findings: z.array(findingSpec),
  /** clip-findings: how frame scores become the clip's; the q-quantile of the calibrated scores. */
  pooling: z.object({ quantile: z.number().gte(0).lte(1), maxFrames: z.int().positive() }).optional(),
  /**
   * The heatmap: `activation-map` output rows are class maps; `map` picks which for each finding (index by finding order).
   */
  heatmap: z.object({ maps: z.array(z.int().min(0)) }).optional(),
  gate: z.object({
    /** image-type only: class name -> what it means for routing. A class `chest-inverted` is a negative: turned, then asked again. */
    routes: z.record(z.string(), z.enum(['fundus', 'cxr', 'ultrasound', 'other'])).optional(),
    /** image-type only: the winning class needs this probability, else the picture is undecided. */
    minimumProbability: z.number().optional(),
    /** Limits of the pixel measures in `ingest/quality`: measure name -> [lowest, highest] acceptable. */
    measures: z.record(z.string(), z.tuple([z.number(), z.number()])).optional(),
    /** Probability of 'reject' by the quality output (sigmoid of element 0) above which the image is ungradable. */
    qualityRejectAbove: z.number().optional(),
    /** Out of distribution: smallest Euclidean distance of the L2-normalised embedding to any centroid above which it is refused. */
    outOfDistribution: z.object({ centroids: z.array(z.array(z.number())), maxDistance: z.number() }).optional()
  }),
  /** Shorter side in pixels: below `refuseBelow` ungradable; below `meantFor` scored with reason low-resolution. */
  resolution: z.object({ refuseBelow: z.int(), meantFor: z.int() }),
  minimumAgeYears: z.number().optional(),
  /** The pack is shown, not relied on: where it finds nothing it gives no verdict. */
  demonstration: z.boolean().optional(),
  intendedUse: z.string(),
  limits: z.array(z.string()),
  trainingData: z.array(z.string()),
  trainingResolution: z.string(),
  golden: z.object({ tolerance: z.number().positive() })
})
export type PackManifest = z.infer<typeof manifestFields>

/** The steps end in the very tensor that `input` names: else the model would be fed another picture than it was trained on, or none. */
const packManifest = manifestFields.superRefine(({ input, preprocess }, ctx) => {
  const last = preprocess.at(-1)!
  const refuse = (path: (string | number)[], message: string): void => void ctx.addIssue({ code: 'custom', path, message })
  if (last.step !== 'to-tensor') refuse(['preprocess'], 'the last step must be to-tensor')
  else if (last.mean.length !== input.channels || last.std.length !== input.channels) refuse(['preprocess', preprocess.length - 1], `mean and std need ${input.channels} values, as input.channels says`)
  const sized = preprocess.findLastIndex(({ step }) => ['resize', 'pad-square', 'crop-centre', 'crop-border', 'crop-field-of-view'].includes(step))
  const size = preprocess[sized]
  if (size?.step !== 'resize') refuse(['preprocess'], `the last step that changes the size must be a resize to ${input.width} x ${input.height}`)
  else if (size.width !== input.width || size.height !== input.height) refuse(['preprocess', sized], `it makes ${size.width} x ${size.height}, and input says ${input.width} x ${input.height}; make both what the model takes`)
})

const proportion = z.object({ value: z.number(), low: z.number(), high: z.number() })
export const operatingPoints = z.object({
  modelSha256: sha256,
  default: z.string(),
  points: z.array(z.object({
    name: z.string(), finding: z.string(), threshold: z.number(),
    sensitivity: proportion, specificity: proportion, n: z.int(), positives: z.int(), data: z.string()
  }))
})
export type OperatingPoints = z.infer<typeof operatingPoints> & {
  /** Findings whose threshold at the default point a site fitted on its own cases; absent where it fitted none. */
  readonly fitted?: readonly string[]
}

/** One golden case: an input made by a generator in `phantoms/`, and what the model must answer. */
const goldenCase = z.object({
  phantom: z.enum(['fundus', 'chest', 'lung-ultrasound']), seed: z.int(), width: z.int(), height: z.int(),
  logits: z.array(z.number())
})
export type GoldenCase = z.infer<typeof goldenCase>

function parse<T>(schema: z.ZodType<T>, raw: unknown, file: string): Result<T, Problem[]> {
  const parsed = schema.safeParse(raw)
  if (parsed.success) return ok(parsed.data)
  return err(parsed.error.issues.map((issue) => problem('bad-manifest', issue.message, `${file}: ${issue.path.join('.')}`)))
}

/** The list of steps alone, as a recipe has it. */
export const parsePreprocess = (raw: unknown): Result<PreprocessStep[], Problem[]> => parse(preprocessSteps, raw, 'preprocess')
export const parsePackManifest = (raw: unknown): Result<PackManifest, Problem[]> => parse(packManifest, raw, 'manifest.json')
export const parseOperatingPoints = (raw: unknown): Result<OperatingPoints, Problem[]> => parse(operatingPoints, raw, 'operating-points.json')
export const parseGoldenCase = (raw: unknown): Result<GoldenCase, Problem[]> => parse(goldenCase, raw, 'golden')
