function packBits(bytes: Uint8Array): Buffer {
  const out: number[] = []
  let i = 0
  while (i < bytes.length) {
    let run = 1
    while (run < 128 && i + run < bytes.length && bytes[i + run] === bytes[i]) run++
    if (run > 1) {
      out.push(257 - run, bytes[i] ?? 0)
      i += run
      continue
    }
    const start = i
    while (i < bytes.length && i - start < 128 && (i + 1 >= bytes.length || bytes[i + 1] !== bytes[i])) i++
    out.push(i - start - 1, ...bytes.subarray(start, i))
  }
  return Buffer.from(out.length % 2 === 0 ? out : [...out, 0x80])
}

/** One RLE Lossless frame (PS3.5 annex G): a segment for each byte plane, most significant first. */
export function encodeRleFrame(frame: Uint8Array, samples: number, sampleBytes: number): Buffer {
  const stride = samples * sampleBytes
  const segments: Buffer[] = []
  for (let sample = 0; sample < samples; sample++) {
    for (let byte = sampleBytes - 1; byte >= 0; byte--) {
      const plane = new Uint8Array(frame.length / stride)
      for (let i = 0; i < plane.length; i++) plane[i] = frame[i * stride + sample * sampleBytes + byte] ?? 0
      segments.push(packBits(plane))
    }
  }
  const header = Buffer.alloc(64)
  header.writeUInt32LE(segments.length, 0)
  let offset = 64
  segments.forEach((segment, index) => {
    header.writeUInt32LE(offset, 4 + index * 4)
    offset += segment.length
  })
  return Buffer.concat([header, ...segments])
}
