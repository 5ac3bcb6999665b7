import { expect, it } from 'vitest'
import { eyeInName } from '../../src/domain/eye-in-name.js'

it.each([
  ['IMG_0012_OD.JPG', 'R'], ['IMG_0012_OS.JPG', 'L'], ['OS/0001.jpg', 'L'], ['DCIM/100RIGHT/0001.jpg', undefined], ['DCIM/RIGHT/0001.jpg', 'R'],
  ['2026-03-01 left eye.png', 'L'], ['OD/scan_OS_2.jpg', 'L'], ['patient.R.0003.tif', 'R'], ['OI/a.jpg', 'L'], ['oeil gauche/a.jpg', 'L'],
  ['OD OS comparison.jpg', undefined], ['OU.jpg', undefined], ['ROSE/BOLD.jpg', undefined], ['0001.jpg', undefined], ['RL.jpg', undefined], ['a.os', undefined], ['', undefined]
])('%s shows %s', (path, eye) => {
  expect(eyeInName(path, 'camera')).toBe(eye)
})

it.each([
  ['10_left.jpg', 'L'], ['OD smith.png', 'R'], ['smith r 2026.jpg', undefined], ['Le Thi Hoa.jpg', undefined], ['le thi hoa OS.jpg', 'L'], ['oeil droit.jpg', 'R']
])('%s, typed by a person, shows %s', (path, eye) => {
  expect(eyeInName(path, 'person')).toBe(eye)
})
