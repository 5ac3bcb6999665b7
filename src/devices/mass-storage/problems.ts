import type { Problem } from '../../domain/problem.js'
import { problem } from '../../domain/problem.js'

/** What an import may say to a person. No file name is in any: names may hold a patient's. */
export const tooManyFiles = (most: number): Problem =>
  problem('too-many-files', `There are more than ${most} files on this medium; only the first ${most} found are listed. Import these, then move them away on another computer.`)

export const pulledOut: Problem =
  problem('medium-gone', 'The medium was pulled out before the import ended. Put it back: the import goes on by itself. What was imported is safe.')

export const noRoom: Problem =
  problem('store-full', 'There is no room for the next picture. Free space or connect the uplink; the import goes on by itself. Leave the medium where it is.')

export const changing: Problem =
  problem('file-changing', 'This file changes while it is copied. Wait until the camera has finished writing, then import it again.')

export const unreadable: Problem =
  problem('file-unreadable', 'This file can not be read from the medium: it is damaged there. Copy it from the camera again, or take the picture again.')

export const outside: Problem =
  problem('file-outside', 'This file is a link to somewhere else and is not taken. Copy the picture itself to the medium.')

export const notVerified: Problem =
  problem('file-not-verified', 'The copy of this file differed from the medium twice. The medium is failing: copy its pictures to another one and use that.')

export const vanished: Problem =
  problem('file-gone', 'This file is not on the medium any more, or has changed since it was chosen. Look at the list again.')

export const noSuchMedium: Problem =
  problem('medium-gone', 'This medium is not plugged in. Plug it in and choose again.')

export const busyImporting: Problem =
  problem('already-importing', 'An import from this medium is under way. Wait until it ends, or stop it.')

export const nothingChosen: Problem =
  problem('nothing-chosen', 'There is no new picture to import. Choose pictures on the list.')

export const notListedYet: Problem =
  problem('not-listed-yet', 'The files of this medium are still being counted. Wait a moment and try again.')

export const mediaNotMounted = (root: string): Problem =>
  problem('media-folder-missing', `${root} is not there, so no stick can be mounted in it. Install the udev rule and the mount unit of the appliance, or correct \`root\`.`)
