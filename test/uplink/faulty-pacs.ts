import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import dimse from 'dcmjs-dimse'

/** What a faulty PACS does with an object: answers with a status, or drops the line when the object is complete. */
export type Behaviour = (sopInstanceUid: string) => number | 'drop'

class FaultyScp extends dimse.Scp {
  constructor(private readonly line: Socket, private readonly pacs: { behaviour: Behaviour; received: string[]; accepts: boolean }) {
    super(line, {})
  }

  override associationRequested(association: InstanceType<typeof dimse.association.Association>): void {
    for (const { id } of association.getPresentationContexts()) {
      const context = association.getPresentationContext(id)
      const echo = context.getAbstractSyntaxUid() === '1.2.840.10008.1.1'
      if (this.pacs.accepts || echo) context.setResult(0, context.getTransferSyntaxUids()[0])
      else context.setResult(3)
    }
    this.sendAssociationAccept()
  }

  override associationReleaseRequested(): void {
    this.sendAssociationReleaseResponse()
  }

  override cEchoRequest(request: InstanceType<typeof dimse.requests.CEchoRequest>, callback: (response: InstanceType<typeof dimse.responses.CEchoResponse>) => void): void {
    const response = dimse.responses.CEchoResponse.fromRequest(request)
    response.setStatus(0)
    callback(response)
  }

  override cStoreRequest(request: InstanceType<typeof dimse.requests.CStoreRequest>, callback: (response: InstanceType<typeof dimse.responses.CStoreResponse>) => void): void {
    const uid = request.getAffectedSopInstanceUid()
    this.pacs.received.push(uid)
    const answer = this.pacs.behaviour(uid)
    if (answer === 'drop') {
      this.line.destroy()
      return
    }
    const response = dimse.responses.CStoreResponse.fromRequest(request)
    response.setStatus(answer)
    callback(response)
  }
}

/** A PACS that misbehaves as told; `behaviour` may be changed while it runs. */
export async function startFaultyPacs(behaviour: Behaviour) {
  const pacs = { behaviour, received: [] as string[], accepts: true }
  const lines = new Set<Socket>()
  const server = createServer((line) => {
    lines.add(line)
    line.on('error', () => undefined)
    const scp = new FaultyScp(line, pacs)
    Object.assign(scp, { connected: true, connectedTime: Date.now() })
    scp.on('networkError', () => undefined)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    pacs, port: (server.address() as AddressInfo).port,
    close: async () => {
      for (const line of lines) line.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    }
  }
}
