declare module 'dcmjs' {
  const dcmjs: {
    readonly data: {
      datasetToBuffer(dataset: Record<string, unknown>): Buffer
    }
  }
  export default dcmjs
}
