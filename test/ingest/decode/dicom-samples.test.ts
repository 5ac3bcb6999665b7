import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { readFacts } from '../../../src/dicom/codec.js'
import { decodeFile } from '../../../src/ingest/decode/decode.js'

const SAMPLES = join(dirname(fileURLToPath(import.meta.url)), '../../../../shared/data/dicom-samples')

/**
 * What each real file gives: width x height x channels, frames and remarks, or the problem. The pixels were compared
 * once with pydicom 3 (pylibjpeg, openjpeg, pyjpegls) and DCMTK 3.6 under the same window rules: equal but for rounding.
 */
const EXPECTED: Readonly<Record<string, string>> = {
  'dcmjs/no-meta-length-test.dcm': 'no-pixel-data',
  'dcmjs/sample-op.dcm': '1536x1536x1',
  'dicom-test-files/MR4_JPLY': '512x512x1',
  'dicom-test-files/RG3_JLSN': '1760x1760x1',
  'dicom-test-files/SC_rgb_small_odd.dcm': '3x3x3',
  'dicomParser/CT0012.fragmented_no_bot_jpeg_lossless.57.dcm': '512x512x1 2 frames',
  'dicomParser/CT0012.fragmented_no_bot_jpeg_lossless.70.dcm': '512x512x1 2 frames',
  'dicomParser/CT0012.fragmented_no_bot_jpeg_ls.80.dcm': '512x512x1 2 frames',
  'dicomParser/CT0012.fragmented_no_bot_jpeg_ls.81.dcm': '512x512x1 2 frames',
  'dicomParser/CT0012.not_fragmented_bot_rle.dcm': '512x512x1 2 frames',
  'dicomParser/CT0012.not_fragmented_no_bot_jpeg_ls.80.dcm': '512x512x1 2 frames',
  'dicomParser/CT0012.not_fragmented_no_bot_rle.dcm': '512x512x1 2 frames',
  'dicomParser/CT1_UNC.fragmented_bot_jpeg_ls.80.dcm': '512x512x1',
  'dicomParser/wave_dfl': 'no-pixel-data',
  'fo-dicom/1403-OB.dcm': '3x3x3',
  'fo-dicom/CR-MONO1-10-chest': '440x440x1',
  'fo-dicom/D_CLUNIE_CT1_RLE_FRAGS.dcm': '512x512x1',
  'fo-dicom/Deflated.dcm': '1458x993x3',
  'fo-dicom/GH1146.dcm': 'no-pixel-data',
  'fo-dicom/GH177_D_CLUNIE_CT1_IVRLE_BigEndian_undefined_length.dcm': '512x512x1',
  'fo-dicom/GH178.dcm': 'no-pixel-data',
  'fo-dicom/GH179A.dcm': 'no-pixel-data',
  'fo-dicom/GH184.dcm': '128x128x1',
  'fo-dicom/GH195.dcm': '795x445x3',
  'fo-dicom/GH220.dcm': 'no-pixel-data',
  'fo-dicom/GH223.dcm': 'no-pixel-data',
  'fo-dicom/GH340.dcm': 'bad-dicom',
  'fo-dicom/GH364.dcm': '1024x768x1',
  'fo-dicom/Issue1097_FailToOpenDeflatedFileWithSQ.dcm': 'no-pixel-data',
  'pydicom-data/HTJ2K_08_RGB.dcm': '640x480x3',
  'pydicom-data/JLSL_16_15_1_1F.dcm': '128x128x1',
  'pydicom-data/JPGLosslessP14SV1_1s_1f_8b.dcm': '1024x768x1',
  'pydicom-data/OBXXXX1A_rle.dcm': '800x600x3',
  'pydicom-data/OBXXXX1A_rle_2frame.dcm': '800x600x3 2 frames',
  'pydicom-data/OT-PAL-8-face.dcm': '640x480x3',
  'pydicom-data/RG3_J2KI.dcm': '1760x1760x1',
  'pydicom-data/color-pl.dcm': '256x120x3',
  'pydicom-data/color-px.dcm': '256x120x3',
  'pydicom-data/emri_small_jpeg_2k_lossless_too_short.dcm': '64x64x1 10 frames',
  'pydicom-data/liver_deflate.dcm': '512x512x1 3 frames',
  'pydicom-data/liver_j2k.dcm': '512x512x1 3 frames',
  'pydicom-data/liver_nonbyte_aligned_j2k.dcm': '510x510x1 3 frames',
  'pydicom/6154': '16x16x1',
  'pydicom/6278': '16x16x1',
  'pydicom/ExplVR_BigEnd.dcm': '80x60x3',
  'pydicom/ExplVR_LitEndNoMeta.dcm': 'no-pixel-data',
  'pydicom/JPEG-lossy.dcm': '256x1024x1',
  'pydicom/JPEG2000-embedded-sequence-delimiter.dcm': 'absurd-dimensions',
  'pydicom/JPEG2000.dcm': '256x1024x1',
  'pydicom/JPEGLSNearLossless_08.dcm': '10x45x1',
  'pydicom/JPEGLSNearLossless_16.dcm': '10x50x1',
  'pydicom/JPGExtended.dcm': '256x1024x1',
  'pydicom/MR_small_jp2klossless.dcm': '64x64x1',
  'pydicom/MR_small_jpeg_ls_lossless.dcm': '64x64x1',
  'pydicom/MR_truncated.dcm': 'truncated',
  'pydicom/SC_rgb_dcmtk_+eb+cy+n2.dcm': '100x100x3',
  'pydicom/SC_rgb_dcmtk_+eb+cy+s2.dcm': '100x100x3',
  'pydicom/SC_rgb_gdcm_KY.dcm': '100x100x3',
  'pydicom/SC_rgb_jpeg_gdcm.dcm': '100x100x3',
  'pydicom/SC_rgb_rle.dcm': '100x100x3',
  'pydicom/SC_rgb_rle_16bit.dcm': '100x100x3',
  'pydicom/SC_rgb_small_odd.dcm': '3x3x3',
  'pydicom/SC_rgb_small_odd_jpeg.dcm': '3x3x3',
  'pydicom/chrArab.dcm': '32x32x1',
  'pydicom/chrGerm.dcm': '32x32x1',
  'pydicom/chrH32.dcm': '32x32x1',
  'pydicom/chrI2.dcm': '32x32x1',
  'pydicom/chrJapMulti.dcm': 'no-pixel-data',
  'pydicom/chrJapMultiExplicitIR6.dcm': 'no-pixel-data',
  'pydicom/chrKoreanMulti.dcm': 'no-pixel-data',
  'pydicom/chrRuss.dcm': '32x32x1',
  'pydicom/chrSQEncoding.dcm': 'no-pixel-data',
  'pydicom/examples_jpeg2k.dcm': '640x480x3',
  'pydicom/examples_rgb_color.dcm': '320x240x3',
  'pydicom/examples_ybr_color.dcm': '320x240x3 30 frames',
  'pydicom/meta_missing_tsyntax.dcm': 'absurd-dimensions',
  'pydicom/nested_priv_SQ.dcm': 'absurd-dimensions',
  'pydicom/no_meta.dcm': 'not-an-image',
  'pydicom/no_meta_group_length.dcm': 'no-pixel-data',
  'pydicom/rtdose.dcm': '10x10x1 15 frames',
  'pydicom/rtdose_1frame.dcm': '10x10x1',
  'pydicom/rtdose_expb_1frame.dcm': '10x10x1',
  'pydicom/rtdose_rle_1frame.dcm': '10x10x1',
  'pydicom/rtplan_truncated.dcm': 'truncated',
  'pylibjpeg-data/JPEGExtended_3s_1f_u_08_08.dcm': '768x576x3',
  'pylibjpeg-data/RG2_JPLY.dcm': '1760x2140x1'
}

async function outcome(file: string): Promise<string> {
  const result = await decodeFile(join(SAMPLES, file))
  if (!result.ok) return result.error.code
  const { pixels, notes } = result.value
  const frames = pixels.frames > 1 ? [`${pixels.frames} frames`] : []
  return [`${pixels.width}x${pixels.height}x${pixels.channels}`, ...frames, ...notes.map((note) => note.code)].join(' ')
}

describe.skipIf(!existsSync(SAMPLES))('86 DICOM files of other projects (../shared/data/dicom-samples)', () => {
  it.each(Object.entries(EXPECTED))('%s: %s', async (file, expected) => {
    expect(await outcome(file)).toBe(expected)
  })

  it.each([
    ['pydicom/chrArab.dcm', 'قباني^لنزار'], ['pydicom/chrGerm.dcm', 'Äneas^Rüdiger'], ['pydicom/chrRuss.dcm', 'Люкceмбypг'],
    ['pydicom/chrH32.dcm', 'ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう'], ['pydicom/chrI2.dcm', 'Hong^Gildong=洪^吉洞=홍^길동'],
    ['pydicom/chrJapMulti.dcm', 'やまだ^たろう'], ['pydicom/chrKoreanMulti.dcm', '김희중']
  ])('the published test name of %s is read', async (file, patientName) => {
    expect(readFacts(await readFile(join(SAMPLES, file)))).toMatchObject({ ok: true, value: { patientName } })
  })
})
