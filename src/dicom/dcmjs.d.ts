declare module 'dcmjs' {
  const dcmjs: {
    readonly data: {
      readonly DicomMetaDictionary: { readonly dictionary: Readonly<Record<string, { readonly vr?: string } | undefined>> }
      datasetToBuffer(dataset: Record<string, unknown>): Buffer
    }
  }
  export default dcmjs
}
