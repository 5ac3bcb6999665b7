import { expect, it } from 'vitest'
import { overlayFolders } from '../../src/cli/overlay-folders.js'

it('gives each file a folder of its own, also where two have one name', () => {
  const folderFor = overlayFolders('/out')
  expect(['a/eye.jpg', 'b/eye.jpg', 'eye.png', 'EYE.bmp', 'chest.dcm', 'eye-2.jpg'].map(folderFor))
    .toEqual(['/out/eye', '/out/eye-2', '/out/eye-3', '/out/EYE-4', '/out/chest', '/out/eye-2-2'])
})
