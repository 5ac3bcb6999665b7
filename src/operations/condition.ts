import type { StudyId } from '../domain/ids.js'

/** What of a study is not as it should be. */
export type Fault = 'document-unreadable' | 'document-previous' | 'object-damaged' | 'object-missing' | 'pictures-missing'

/** One fault, whether it was put right, and by what. */
export type Finding = { readonly studyId: StudyId; readonly fault: Fault; readonly repaired: boolean; readonly detail?: string }
