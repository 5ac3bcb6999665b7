/** One system call of a trace by `strace -f -y`, in the order in which they ended. */
export type SystemCall = { readonly name: string; readonly text: string }

/** Joins the halves of calls that others came between. */
export function readTrace(trace: string): SystemCall[] {
  const begun = new Map<string, string>()
  return trace.split('\n').flatMap((line) => {
    const [, pid, rest] = /^(\d+)\s+(.*)$/.exec(line) ?? []
    if (!pid || !rest) return []
    if (rest.endsWith('<unfinished ...>')) {
      begun.set(pid, rest.slice(0, -'<unfinished ...>'.length))
      return []
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest)
    const text = resumed ? `${begun.get(pid) ?? ''}${resumed[1]}` : rest
    const name = /^(\w+)\(/.exec(text)?.[1]
    return name ? [{ name, text }] : []
  })
}

export type Step = { readonly what: string; readonly at: number }

/** Where, in the trace, each thing ended that must be done before a C-STORE is answered with success; -1 where it did not happen. */
export function storeSteps(calls: readonly SystemCall[]): Step[] {
  const find = (what: string, isIt: (call: SystemCall) => boolean): Step => ({ what, at: calls.findIndex(isIt) })
  const synced = (path: RegExp) => (call: SystemCall): boolean => /^f(data)?sync$/.test(call.name) && path.test(call.text) && call.text.endsWith('= 0')
  return [
    find('object fsynced', synced(/spool\/dimse-[^>]*\.dcm>/)),
    find('document fsynced', synced(/studies\/\.new\/[^/>]+\/study\.json>/)),
    find('its folder fsynced', synced(/studies\/\.new\/[^/>]+>/)),
    find('folder renamed into place', ({ name, text }) => name.startsWith('rename') && /studies\/\.new\/\S+ ?.*studies\/\d{4}\/\d{2}\//.test(text) && text.endsWith('= 0')),
    find('month folder fsynced', synced(/studies\/\d{4}\/\d{2}>/)),
    { what: 'answer written', at: calls.findLastIndex(({ name, text }) => /^(write|writev|sendto|sendmsg)$/.test(name) && /<(TCP|socket):/.test(text) && /"\\4\\0/.test(text)) }
  ]
}

/** What is fsynced before the rename may come in any order; the rest is a chain, and the answer comes last. */
export function isDurableBeforeAnswer(steps: readonly Step[]): boolean {
  if (steps.some(({ at }) => at < 0)) return false
  const [object, document, folder, rename, month, answer] = steps.map(({ at }) => at) as [number, number, number, number, number, number]
  return Math.max(object, document) < folder && folder < rename && rename < month && month < answer
}
