import { rm } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { RevisionConflictError } from '../../src/domain/errors.js'
import { newStudy, openStore, temporaryRoot } from './studies.js'

it('lets a person who saw the study before the uplink wrote still change it, and nobody who saw an older one', async () => {
  const root = await temporaryRoot()
  await using store = await openStore(root)
  const { id } = await store.create(await newStudy(root))
  const change = (options: { quiet?: boolean; expectedRevision?: number }) => store.change(id, { by: 'x', event: 'x', ...options }, (study) => study)
  await change({})
  await change({ quiet: true })
  expect((await change({ quiet: true })).revision).toBe(4)
  await expect(change({ expectedRevision: 1 })).rejects.toBeInstanceOf(RevisionConflictError)
  expect((await change({ expectedRevision: 2 })).revision).toBe(5)
  await expect(change({ expectedRevision: 4 })).rejects.toBeInstanceOf(RevisionConflictError)
  await expect(change({ expectedRevision: 2 })).rejects.toBeInstanceOf(RevisionConflictError)
  await rm(root, { recursive: true, force: true })
})
