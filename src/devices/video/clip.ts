import { createHash } from 'node:crypto'
import { writeObject } from '../../dicom/write-object.js'
import { TRANSFER_SYNTAX, uidFrom } from '../../dicom/uids.js'

const MULTI_FRAME_US = '1.2.840.10008.5.1.4.1.1.3.1'
const FRAME_TIME = 0x00181063

export type ClipParts = {
  /** JPEG baseline files, all of one size. */
  readonly frames: readonly Buffer[]
  readonly width: number
  readonly height: number
  readonly framesPerSecond: number
  readonly at: string
  readonly deviceId: string
}

/** A clip as an ultrasound multi-frame object (PS3.3 A.7), JPEG baseline frames as they are; the same frames give the same UIDs. It names no patient. */
export function writeClip({ frames, width, height, framesPerSecond, at, deviceId }: ClipParts): Buffer {
  const hash = createHash('sha256')
  for (const frame of frames) hash.update(frame)
  const digest = hash.digest()
  const named = (what: string): string => uidFrom(createHash('sha256').update(what).update(digest).digest())
  const head = writeObject({
    SOPClassUID: MULTI_FRAME_US, SOPInstanceUID: named('clip'), StudyInstanceUID: named('study'), SeriesInstanceUID: named('series'),
    ImageType: ['ORIGINAL', 'PRIMARY'], StudyDate: at.slice(0, 10).replaceAll('-', ''), StudyTime: at.slice(11, 19).replaceAll(':', ''), ContentDate: at.slice(0, 10).replaceAll('-', ''),
    Modality: 'US', Manufacturer: 'Screenpost', ManufacturerModelName: 'video capture', DeviceSerialNumber: deviceId.slice(0, 64),
    PatientName: '', PatientID: '', PatientBirthDate: '', PatientSex: '', StudyID: '', AccessionNumber: '', ReferringPhysicianName: '', SeriesNumber: 1, InstanceNumber: 1,
    LossyImageCompression: '01', LossyImageCompressionMethod: 'ISO_10918_1', FrameIncrementPointer: FRAME_TIME, FrameTime: Number((1000 / framesPerSecond).toFixed(3)),
    NumberOfFrames: frames.length, SamplesPerPixel: 3, PhotometricInterpretation: 'YBR_FULL', PlanarConfiguration: 0, Rows: height, Columns: width, BitsAllocated: 8, BitsStored: 8, HighBit: 7, PixelRepresentation: 0
  }, TRANSFER_SYNTAX.jpegBaseline)
  return Buffer.concat([head, ...encapsulated(frames)])
}

/** Pixel Data is the last element of the object: an empty offset table and one fragment a frame (PS3.5 A.4). */
function encapsulated(frames: readonly Buffer[]): Buffer[] {
  const item = (length: number): Buffer => {
    const head = Buffer.from([0xfe, 0xff, 0x00, 0xe0, 0, 0, 0, 0])
    head.writeUInt32LE(length, 4)
    return head
  }
  const start = Buffer.from([0xe0, 0x7f, 0x10, 0x00, 0x4f, 0x42, 0, 0, 0xff, 0xff, 0xff, 0xff])
  const end = Buffer.from([0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0])
  return [start, item(0), ...frames.flatMap((frame) => [item(frame.length + (frame.length % 2)), frame, Buffer.alloc(frame.length % 2)]), end]
}
