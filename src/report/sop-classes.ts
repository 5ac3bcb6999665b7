/** SOP classes of what leaves the appliance (PS3.4 B.5). */
export const SOP_CLASS = {
  keyObjectSelection: '1.2.840.10008.5.1.4.1.1.88.59',
  comprehensiveSr: '1.2.840.10008.5.1.4.1.1.88.33',
  encapsulatedPdf: '1.2.840.10008.5.1.4.1.1.104.1',
  secondaryCapture: '1.2.840.10008.5.1.4.1.1.7',
  parametricMap: '1.2.840.10008.5.1.4.1.1.30',
  ophthalmicPhotography8Bit: '1.2.840.10008.5.1.4.1.1.77.1.5.1',
  ultrasound: '1.2.840.10008.5.1.4.1.1.6.1'
} as const
