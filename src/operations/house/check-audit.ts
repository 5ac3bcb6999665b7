import type { Checked } from './house.js'

/** The audit record's own check of its chain (the place where it does not hold), what puts it back from its second copy, and what makes that copy. */
export type AuditParts = {
  verify(): Promise<{ readonly problem?: { readonly file: string; readonly line: number } }>
  restore(): Promise<{ readonly file: string } | undefined>
  keepCopies(): Promise<{ readonly bytes: number; readonly differs: boolean }>
}

/** The chain of the audit record: what is no longer as its second copy in `audit/copies` comes back from there, and while the chain holds the copy grows with it. */
export async function checkAudit({ verify, restore, keepCopies }: AuditParts): Promise<Checked> {
  const restored = await restore()
  const { problem } = await verify()
  if (problem) return { bytes: 0, fault: { where: `audit/${problem.file}`, repaired: false, detail: `the record does not hold at line ${problem.line}: keep a copy of the file and compare it with the one in the backup` } }
  const { bytes, differs } = await keepCopies()
  if (differs) return { bytes, fault: { where: 'audit/copies', repaired: false, detail: 'the audit record and its second copy are not the same record: keep both and compare them with the one in the backup' } }
  return { bytes, ...(restored ? { fault: { where: `audit/${restored.file}`, repaired: true, detail: 'the lines that were lost or damaged were put back from the copy' } } : {}) }
}
