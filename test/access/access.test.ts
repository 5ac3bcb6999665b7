import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Access } from '../../src/access/access.js'
import { createToken, revokeToken } from '../../src/access/tokens.js'
import type { FixedClock } from '../fakes/fixed-clock.js'
import { fixedClock } from '../fakes/fixed-clock.js'

let folder: string
let clock: FixedClock
let access: Access
const open = () => Access.open({ folder: join(folder, 'access'), clock })
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'screenpost-access-'))
  clock = fixedClock()
  access = await open()
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const ADMIN = { id: 'amina', name: 'Amina', pin: '739164' }
const NURSE = { id: 'grace', name: 'Grace', pin: '582913' }
const setUp = async () => access.completeSetup({ firstLoginPin: (await access.newFirstLoginPin()) ?? '', address: 'a', admin: ADMIN, nurse: NURSE })
const check = (user: string, pin: string, address = 'tablet') => access.checkPin({ user, pin, address })
const codeOf = (result: Awaited<ReturnType<typeof check>>) => (result.ok ? 'ok' : result.error.code)

describe('the first login', () => {
  it('is opened once by the PIN of the terminal, which no disk holds', async () => {
    const old = await access.newFirstLoginPin()
    const pin = (await access.newFirstLoginPin()) as string
    expect(pin).toMatch(/^\d{8}$/)
    expect(codeOf(await access.completeSetup({ firstLoginPin: old as string, address: 'a', admin: ADMIN }))).toBe('bad-login')
    expect(codeOf(await access.completeSetup({ firstLoginPin: pin, address: 'a', admin: ADMIN, nurse: NURSE }))).toBe('ok')
    expect(codeOf(await access.completeSetup({ firstLoginPin: pin, address: 'a', admin: { ...ADMIN, id: 'other' } }))).toBe('setup-done')
    expect(access.users.list().map(({ id, role }) => [id, role])).toEqual([['amina', 'admin'], ['grace', 'operator']])
    expect(await access.newFirstLoginPin()).toBeUndefined()
    expect(await readFile(join(folder, 'access/users.json'), 'utf8')).not.toContain(pin)
  })

  it('makes nobody when one of the two breaks a rule, and stays open', async () => {
    const pin = (await access.newFirstLoginPin()) as string
    const refused = await access.completeSetup({ firstLoginPin: pin, address: 'a', admin: ADMIN, nurse: { ...NURSE, pin: '123456' } })
    expect(refused).toMatchObject({ ok: false, error: { code: 'bad-pin', path: 'nurse.pin' } })
    expect(access.needsSetup()).toBe(true)
    expect(codeOf(await access.completeSetup({ firstLoginPin: pin, address: 'a', admin: ADMIN }))).toBe('ok')
  })
})

describe('a PIN', () => {
  it('is kept as argon2id only', async () => {
    await setUp()
    const text = await readFile(join(folder, 'access/users.json'), 'utf8')
    expect(text).toContain('$argon2id$')
    expect(text).not.toContain(ADMIN.pin)
  })

  it('locks after five failures, for longer each time, and after a restart still', async () => {
    await setUp()
    for (let n = 0; n < 5; n += 1) expect(codeOf(await check('grace', '000001', `tablet-${n}`))).toBe('bad-login')
    expect(codeOf(await check('grace', NURSE.pin))).toBe('locked')
    access = await open()
    expect(codeOf(await check('grace', NURSE.pin))).toBe('locked')
    clock.advance(61_000)
    expect(codeOf(await check('grace', '000001'))).toBe('bad-login')
    clock.advance(61_000)
    expect(codeOf(await check('grace', NURSE.pin))).toBe('locked')
    clock.advance(60_000)
    expect(codeOf(await check('grace', NURSE.pin))).toBe('ok')
    expect(codeOf(await check('grace', '000001'))).toBe('bad-login')
    expect(codeOf(await check('grace', NURSE.pin))).toBe('ok')
  })

  it('is unlocked by the admin', async () => {
    await setUp()
    for (let n = 0; n < 5; n += 1) await check('grace', '000001')
    expect(access.users.get('grace')?.lockedUntil).toBeDefined()
    await access.users.unlock('grace')
    expect(codeOf(await check('grace', NURSE.pin))).toBe('ok')
  })

  it('gets no more guesses by asking all at once', async () => {
    await setUp()
    const codes = (await Promise.all(Array.from({ length: 12 }, (_, n) => check('grace', `00000${n}`, `t${n}`)))).map(codeOf)
    expect(codes.filter((code) => code === 'bad-login')).toHaveLength(5)
  })

  it('locks a name that nobody has like any other', async () => {
    await setUp()
    for (let n = 0; n < 5; n += 1) expect(codeOf(await check('nobody', '000001'))).toBe('bad-login')
    expect(codeOf(await check('nobody', '000001'))).toBe('locked')
  })

  it('is limited by address too', async () => {
    await setUp()
    for (let n = 0; n < 20; n += 1) await check(`user-${String.fromCharCode(97 + n)}`, '000001')
    expect(codeOf(await check('grace', NURSE.pin))).toBe('too-many-attempts')
    expect(codeOf(await check('grace', NURSE.pin, 'other'))).toBe('ok')
    clock.advance(5 * 60_000)
    expect(codeOf(await check('grace', NURSE.pin))).toBe('ok')
  })

  it('does not stay locked because the clock was wrong', async () => {
    await setUp()
    clock.set('2040-01-01T00:00:00.000Z')
    for (let n = 0; n < 5; n += 1) await check('grace', '000001')
    clock.set('2026-03-01T08:00:00.000Z')
    access = await open()
    clock.advance(1000)
    expect(Date.parse(access.users.failuresOf('grace').lockedUntil ?? '') - clock.now().getTime()).toBeLessThanOrEqual(60 * 60_000)
  })
})

describe('the only admin', () => {
  it('can not be disabled', async () => {
    await setUp()
    expect(await access.users.setDisabled('amina', true)).toMatchObject({ ok: false, error: { code: 'last-admin' } })
  })
})

describe('the users', () => {
  it('say that the version before the newest is in force', async () => {
    await setUp()
    expect((await open()).users.isFromPrevious).toBe(false)
    await access.users.setDisabled('grace', true)
    await writeFile(join(folder, 'access/users.json'), 'rotten')
    const restarted = await open()
    expect(restarted.users.get('grace')?.disabled).toBe(false)
    expect(restarted.users.isFromPrevious).toBe(true)
  })
})

describe('the list of users, lost in both its versions', () => {
  const path = (name: string) => join(folder, 'access', name)
  const lose: [string, (name: string) => Promise<void>][] = [['damaged', (name) => writeFile(path(name), 'rotten')], ['gone', (name) => rm(path(name))]]

  it.each(lose)('is put back as it was known last (%s), and says so', async (_, spoil) => {
    await setUp()
    await access.users.setDisabled('grace', true)
    for (const name of ['users.json', 'users.json.previous']) await spoil(name)
    const restarted = await open()
    expect(restarted.users.list().map(({ id, role, disabled }) => [id, role, disabled])).toEqual([['amina', 'admin', false], ['grace', 'operator', true]])
    expect([restarted.needsSetup(), restarted.users.isFromPrevious]).toEqual([false, true])
    await restarted.users.setDisabled('grace', false)
    expect((await open()).users).toMatchObject({ isFromPrevious: false, count: 2 })
  })

  it('is copied at the first start of a release that keeps a copy, and an older list takes no newer copy\'s place', async () => {
    await setUp()
    await rm(path('kept'), { recursive: true })
    await (await open()).users.setDisabled('grace', true)
    await rm(path('kept'), { recursive: true })
    const { users } = await open()
    const newest = await readFile(path('kept/users.json'), 'utf8')
    expect([users.get('grace')?.disabled, newest.includes('"disabled": true')]).toEqual([true, true])
    await writeFile(path('users.json'), 'rotten')
    expect((await open()).users.isFromPrevious).toBe(true)
    expect(await readFile(path('kept/users.json'), 'utf8')).toBe(newest)
  })

  it('stops the start where its third copy is damaged too: nobody becomes an administrator by damage', async () => {
    await setUp()
    for (const name of ['users.json', 'users.json.previous', 'kept/users.json']) await writeFile(path(name), 'rotten')
    await expect(open()).rejects.toThrow('damaged')
  })
})

describe('a session', () => {
  const files = () => readdir(join(folder, 'access/sessions'))

  it('that ended leaves no file at the next start, nor does a damaged one', async () => {
    await access.sessions.start('grace')
    await writeFile(join(folder, 'access/sessions', `${'a'.repeat(64)}.json`), 'torn')
    clock.advance(3 * 3_600_000)
    await open()
    expect(await files()).toEqual([])
  })

  it('that ended is not valid again because the clock went back', async () => {
    const secret = await access.sessions.start('grace')
    clock.set('1970-01-01T00:10:00.000Z')
    expect(await access.sessions.resolve(secret)).toEqual({ userId: 'grace' })
    clock.set('2026-03-01T08:30:00.000Z')
    await access.sessions.resolve(secret)
    clock.advance(2 * 3_600_000)
    clock.set('1970-01-01T00:10:00.000Z')
    expect(await access.sessions.resolve(secret, { peek: true })).toBeUndefined()
    const other = await (await open()).sessions.start('grace')
    clock.set('1970-01-01T00:00:00.000Z')
    const restarted = await open()
    expect(await restarted.sessions.resolve(other)).toBeUndefined()
    expect(await files()).toEqual([])
  })

  it('is over when the appliance starts and does not know the time', async () => {
    const secret = await access.sessions.start('grace')
    const restarted = await Access.open({ folder: join(folder, 'access'), clock, clockTrusted: () => false })
    expect(await restarted.sessions.resolve(secret)).toBeUndefined()
    const signedIn = await restarted.sessions.start('grace')
    expect(await restarted.sessions.resolve(signedIn)).toEqual({ userId: 'grace' })
  })

  it('ends after an hour without use, not of a page that only listens', async () => {
    const secret = await access.sessions.start('grace')
    clock.advance(50 * 60_000)
    expect(await access.sessions.resolve(secret)).toEqual({ userId: 'grace' })
    clock.advance(50 * 60_000)
    expect(await access.sessions.resolve(secret, { peek: true })).toEqual({ userId: 'grace' })
    clock.advance(11 * 60_000)
    expect(await access.sessions.resolve(secret)).toBeUndefined()
  })

  it('survives a power cut; the disk holds no secret', async () => {
    const secret = await access.sessions.start('grace')
    access = await open()
    expect(await access.sessions.resolve(secret)).toEqual({ userId: 'grace' })
    const names = await readdir(join(folder, 'access/sessions'))
    const texts = await Promise.all(names.map((name) => readFile(join(folder, 'access/sessions', name), 'utf8')))
    expect([...names, ...texts].join()).not.toContain(secret)
  })
})

describe('a token', () => {
  const tokens = () => join(folder, 'access/tokens')
  it('made by another process is valid at once and revoked at once', async () => {
    const { token, id } = await createToken({ folder: tokens(), role: 'clinician', label: 'lab', clock })
    expect(await access.tokens.verify(token)).toMatchObject({ id, role: 'clinician', label: 'lab' })
    expect(await access.tokens.verify(`${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`)).toBeUndefined()
    expect(await revokeToken(tokens(), id, clock)).toBe(true)
    expect(await access.tokens.verify(token)).toBeUndefined()
    expect(await revokeToken(tokens(), '../../x', clock)).toBe(false)
  })

  it('leaves no secret on the disk', async () => {
    const { token, id } = await createToken({ folder: tokens(), role: 'viewer', label: 'x', clock })
    expect(await readFile(join(tokens(), `${id}.json`), 'utf8')).not.toContain(token.split('_').slice(2).join('_'))
  })
})
