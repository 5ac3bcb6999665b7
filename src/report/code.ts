import type { Attributes } from '../dicom/codec.js'

/** A coded concept (PS3.3 8): value, coding scheme, meaning. */
export type Code = { readonly value: string; readonly scheme: string; readonly meaning: string }

export const code = (value: string, scheme: string, meaning: string): Code => ({ value, scheme, meaning })

/** As an item of a code sequence; a value of more than 16 characters is a Long Code Value (PS3.3 8.1). */
export const codeItem = ({ value, scheme, meaning }: Code): Attributes =>
  ({ ...(value.length > 16 ? { LongCodeValue: value } : { CodeValue: value }), CodingSchemeDesignator: scheme, CodeMeaning: meaning })

/** Codes of ours, where no standard has one; PS3.3 C.12.1.1.8.1 wants schemes that start with 99 declared in the object. */
export const OWN_SCHEME = '99SCREENPOST'
export const ownScheme: Attributes = { CodingSchemeDesignator: OWN_SCHEME, CodingSchemeName: 'Screenpost', CodingSchemeResponsibleOrganization: 'Screenpost' }
