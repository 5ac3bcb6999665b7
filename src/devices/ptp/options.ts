import { z } from 'zod'

export const ptpSchema = z.strictObject({
  /** As `gphoto2 --auto-detect` names it; the only camera that is connected when left out. */
  camera: z.string().regex(/^[^-\0\n][^\0\n]{0,100}$/, 'expected a name as gphoto2 --auto-detect shows it').optional(),
  /** `usb:`, `usb:001,004`, or `disk:/folder` for cameras that show a folder. */
  port: z.string().regex(/^(usb:[0-9,]*|ptpip:[^\0\s]+|disk:\/[^\0\n]+)$/, 'expected usb:, usb:BUS,DEVICE, ptpip:ADDRESS or disk:/folder').optional(),
  /** How often the camera is asked for new pictures. */
  pollSeconds: z.number().min(0.1).max(60).default(1),
  /** No answer for so long: the camera is taken for gone. Large raw files take time on old cables. */
  answerSeconds: z.number().min(1).max(600).default(60)
})

export type PtpOptions = z.output<typeof ptpSchema>
