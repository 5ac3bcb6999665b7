import { openPseudoTerminal } from '../pseudo-terminal.js'

export type BarcodeSimulator = AsyncDisposable & {
  readonly port: string
  /** The bytes of one code, and the ending that most scanners send. */
  scan(text: string, ending?: string): Promise<void>
  send(bytes: Uint8Array): Promise<void>
  unplug(): Promise<void>
}

/** A serial barcode scanner on a pseudo-terminal whose host's end is linked at `port`. */
export async function startBarcodeSimulator({ port }: { readonly port: string }): Promise<BarcodeSimulator> {
  const terminal = await openPseudoTerminal(port)
  const send = async (bytes: Uint8Array): Promise<void> => { await terminal.write(Buffer.from(bytes)) }
  return {
    port, send,
    scan: (text, ending = '\r\n') => send(Buffer.from(text + ending)),
    unplug: () => terminal.unplug(),
    [Symbol.asyncDispose]: () => terminal.unplug()
  }
}
