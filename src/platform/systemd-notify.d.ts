declare module 'systemd-notify' {
  /** Rejects when the program is missing or says no. */
  export default function notify(options: { ready?: boolean; status?: string; pid?: number; booted?: boolean }): Promise<unknown>
}
