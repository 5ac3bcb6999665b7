import { expect, it } from 'vitest'
import { House } from '../patients/house.js'
import { urgentFundus } from '../web/views/samples.js'
import { removeData, startAppliance, temporaryData, waitFor } from './appliance.js'

type Answer = { readonly state: string; readonly history: readonly { readonly event: string; readonly detail?: string }[] }

it('a chest film that a power cut kept from being read for the corrected age is read for it after the next start', async () => {
  const data = await temporaryData()
  const house = await House.open(data)
  const patientId = await house.register('Grace Test', { birthDate: '1980-01-01' })
  const film = await house.receive({ patientId })
  const reading = { ...urgentFundus.reading!, age: { years: 46, onDate: '2026-03-01' } }
  await house.store.change(film.id, { by: 'system', event: 'analysed' }, (study) => ({ ...study, state: 'ready', modality: 'cxr', triage: { level: 'routine', text: 'Clear.' }, reading }))
  await house.patients.update(patientId, { name: 'Grace Test', birthDate: '2018-01-01' }, { by: 'amina' })
  await house[Symbol.asyncDispose]()

  const appliance = await startAppliance({ data })
  const events = await waitFor(async () => {
    const { state, history } = await appliance.api<Answer>(`/api/v1/studies/${film.id}`)
    return state === 'ready' || state === 'received' || state === 'analysing' ? undefined : history.map(({ event, detail }) => (event === 'retry' ? detail : event))
  }, { timeoutMs: 30_000, hint: () => appliance.output() })
  expect(events.slice(0, 4)).toEqual(['received', 'analysed', 'age-corrected', 'analysing'])
  expect(await appliance.stop()).toBe(0)
  await removeData(appliance)
}, 60_000)
