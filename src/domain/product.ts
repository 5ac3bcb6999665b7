/** What the appliance calls itself in the objects that it writes. */
export const MANUFACTURER = 'Screenpost'
export const MODEL_NAME = 'Screenpost appliance'
