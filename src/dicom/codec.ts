/** The door to DICOM bytes: opening objects, their facts, and writing Part 10 files. */
export { DataSet } from './data-set.js'
export { factsOf, readFacts } from './facts.js'
export { metaHeader, writePart10, type MetaFields } from './meta-header.js'
export { dataSetOffset, openObject, type OpenedObject } from './part10.js'
export { pixelFragments, frameParts } from './fragments.js'
export { itemsOf } from './walk.js'
export { writeObject, type Attributes, type AttributeValue, type DicomObject } from './write-object.js'
export { rewriteIdentity, type IdentityValues, type ReissuedUids } from './rewrite-identity.js'
