import { z } from 'zod'

/** Speeds that scanners are sold with; 9600 is the usual one, USB scanners that show a serial line take any. */
const BAUD_RATES = [1200, 2400, 4800, 9600, 19_200, 38_400, 57_600, 115_200] as const
const PATH = 'expected the absolute path of a serial port, best below /dev/serial/by-id'

export const barcodeSchema = z.strictObject({
  path: z.string({ error: PATH }).regex(/^\/[^\0]+$/, { error: PATH }),
  baudRate: z.literal([...BAUD_RATES], { error: (issue) => `expected one of ${BAUD_RATES.join(', ')}; got ${JSON.stringify(issue.input)}` }).default(9600),
  /** A code that is no person's but presses the capture button: a card on the wall, or a footswitch that sends this text. */
  triggerCode: z.string().min(1).max(64).default('SCREENPOST-CAPTURE')
})

export type BarcodeOptions = z.output<typeof barcodeSchema>
