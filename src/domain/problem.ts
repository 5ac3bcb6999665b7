/**
 * Something expected that went wrong, in words a person can act on.
 * `code` is kebab-case and stable (the JSON API shows it); `message` says what to do next and never
 * holds patient data; `path` names the field for problems of configuration (`devices[1].options.baudRate`).
 */
export type Problem = { readonly code: string; readonly message: string; readonly path?: string }

export const problem = (code: string, message: string, path?: string): Problem =>
  path === undefined ? { code, message } : { code, message, path }
