import type { Attributes } from '../dicom/codec.js'
import type { Code } from './code.js'
import { codeItem } from './code.js'
import { UNIT_ONE } from './code-tables.js'

type Relationship = 'CONTAINS' | 'HAS OBS CONTEXT' | 'HAS CONCEPT MOD' | 'HAS PROPERTIES' | 'INFERRED FROM'

/** One node of an SR content tree (PS3.3 C.17.3); children come last, in order. */
export type ContentItem = Attributes

const node = (relationship: Relationship, valueType: string, concept: Code, value: Attributes): ContentItem =>
  ({ RelationshipType: relationship, ValueType: valueType, ConceptNameCodeSequence: [codeItem(concept)], ...value })
const children = (items: readonly ContentItem[]): Attributes => (items.length > 0 ? { ContentSequence: items } : {})

export const container = (relationship: Relationship, concept: Code, items: readonly ContentItem[]): ContentItem =>
  node(relationship, 'CONTAINER', concept, { ContinuityOfContent: 'SEPARATE', ...children(items) })

export const text = (relationship: Relationship, concept: Code, value: string): ContentItem => node(relationship, 'TEXT', concept, { TextValue: value })

export const coded = (relationship: Relationship, concept: Code, value: Code, items: readonly ContentItem[] = []): ContentItem =>
  node(relationship, 'CODE', concept, { ConceptCodeSequence: [codeItem(value)], ...children(items) })

export const uidRef = (relationship: Relationship, concept: Code, value: string): ContentItem => node(relationship, 'UIDREF', concept, { UID: value })

export const personName = (relationship: Relationship, concept: Code, value: string): ContentItem => node(relationship, 'PNAME', concept, { PersonName: value })

/** A number without unit; DS holds at most 16 characters. */
export const ratio = (concept: Code, value: number, items: readonly ContentItem[] = []): ContentItem =>
  node('CONTAINS', 'NUM', concept, { MeasuredValueSequence: [{ NumericValue: value.toFixed(6), MeasurementUnitsCodeSequence: [codeItem(UNIT_ONE)] }], ...children(items) })

export type ImageReference = { readonly sopClassUid: string; readonly sopInstanceUid: string }

export const image = (relationship: Relationship, concept: Code, reference: ImageReference): ContentItem =>
  node(relationship, 'IMAGE', concept, { ReferencedSOPSequence: [sopReference(reference)] })

export const sopReference = ({ sopClassUid, sopInstanceUid }: ImageReference): Attributes =>
  ({ ReferencedSOPClassUID: sopClassUid, ReferencedSOPInstanceUID: sopInstanceUid })
