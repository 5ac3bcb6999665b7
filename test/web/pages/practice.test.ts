import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPractice } from '../../../src/compose/practice.js'
import { isMessageKey } from '../../../src/i18n/catalogues.js'
import type { TestWeb } from '../harness.js'
import { startTestWeb } from '../harness.js'

let web: TestWeb
let nurse: Record<string, string>
beforeAll(async () => {
  web = await startTestWeb()
  nurse = await web.bearer('operator')
})
afterAll(() => web[Symbol.asyncDispose]())

const get = (path: string): Promise<Response> => fetch(web.url + path, { headers: { ...nurse, accept: 'text/html' }, redirect: 'manual' })
const { cases } = createPractice()

describe('practice', () => {
  it('asks what to do with each picture, and tells what was right and why', async () => {
    for (const [index, { todo, because }] of cases.entries()) {
      expect(isMessageKey(because)).toBe(true)
      expect(await (await get(`/practice/${index + 1}`)).text()).toContain('What is to be done?')
      expect(await (await get(`/practice/${index + 1}?answer=${todo}`)).text()).toContain('Right.')
    }
    expect(await (await get('/practice/3?answer=routine')).text()).toContain('Not this time.')
    expect((await get('/practice/99')).status).toBe(404)
  })

  it('shows pictures, and keeps, lists and sends nothing', async () => {
    const picture = await get('/practice/2/picture')
    expect((await sharp(Buffer.from(await picture.arrayBuffer())).metadata()).format).toBe('jpeg')
    expect(web.store.counts().total).toBe(0)
    expect((await readdir(join(web.folder, 'studies'))).filter((name) => !name.startsWith('.'))).toEqual([])
    expect(await (await get('/register')).text()).toContain('No images on this day.')
  })
})

describe('the tour', () => {
  it('is offered on the list until somebody has seen it or says not now', async () => {
    expect(await (await get('/')).text()).toContain('href="/tour"')
    const skipped = await get('/tour?skip')
    const [cookie = ''] = skipped.headers.getSetCookie()
    expect([skipped.status, skipped.headers.get('location')]).toEqual([303, '/'])
    const list = await (await fetch(web.url, { headers: { ...nurse, cookie: cookie.split(';')[0] ?? '' } })).text()
    expect(list).not.toContain('New here?')
  })
})
