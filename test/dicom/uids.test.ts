import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { answerContext } from '../../src/dicom/negotiate.js'
import { IMPLEMENTATION_CLASS_UID, STORAGE_CLASSES, TRANSFER_SYNTAX, uidFrom, VERIFICATION } from '../../src/dicom/uids.js'

describe('derived UIDs', () => {
  it('are the same for the same bytes, another for others, and well-formed', () => {
    const hash = (text: string): Buffer => createHash('sha256').update(text).digest()
    expect(uidFrom(hash('screenpost'))).toBe(IMPLEMENTATION_CLASS_UID)
    expect(uidFrom(hash('a'))).not.toBe(uidFrom(hash('b')))
    expect(uidFrom(Buffer.alloc(32, 0xff))).toMatch(/^2\.25\.[1-9]\d{1,38}$/)
    expect(uidFrom(Buffer.alloc(16))).toBe('2.25.0')
  })
})

describe('negotiation', () => {
  const film = '1.2.840.10008.5.1.4.1.1.1'

  it('takes the first syntax of the sender that is read, so that nothing is transcoded', () => {
    expect(answerContext({ abstractSyntaxUid: film, transferSyntaxUids: ['1.2.3', TRANSFER_SYNTAX.jpegLosslessSv1, TRANSFER_SYNTAX.implicitLittleEndian] }))
      .toEqual({ result: 'accept', transferSyntaxUid: TRANSFER_SYNTAX.jpegLosslessSv1 })
  })

  it.each(Object.keys(STORAGE_CLASSES))('takes %s', (abstractSyntaxUid) => {
    for (const uid of Object.values(TRANSFER_SYNTAX)) expect(answerContext({ abstractSyntaxUid, transferSyntaxUids: [uid] }).result).toBe('accept')
  })

  it('refuses other classes and syntaxes, each with its reason', () => {
    expect(answerContext({ abstractSyntaxUid: '1.2.840.10008.5.1.4.1.2.2.1', transferSyntaxUids: [TRANSFER_SYNTAX.implicitLittleEndian] })).toEqual({ result: 'no-abstract-syntax' })
    expect(answerContext({ abstractSyntaxUid: film, transferSyntaxUids: ['1.2.840.10008.1.2.4.102'] })).toEqual({ result: 'no-transfer-syntax' })
    expect(answerContext({ abstractSyntaxUid: VERIFICATION, transferSyntaxUids: [TRANSFER_SYNTAX.jpegBaseline] })).toEqual({ result: 'no-transfer-syntax' })
  })
})
