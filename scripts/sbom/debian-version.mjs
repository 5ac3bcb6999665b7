/** Order of a character within a version (Debian Policy 5.6.12): ~ before the end, letters before all else. */
const rank = (char) => (char === undefined ? 0 : char === '~' ? -1 : /[A-Za-z]/.test(char) ? char.charCodeAt(0) : char.charCodeAt(0) + 256)

function compareText(a, b) {
  for (let i = 0; i < Math.max(a.length, b.length); i++) if (rank(a[i]) !== rank(b[i])) return rank(a[i]) - rank(b[i])
  return 0
}

/** Upstream versions or revisions: text and numbers by turns. */
function comparePart(a, b) {
  const [left, right] = [a, b].map((each) => [...each.matchAll(/(\D*)(\d*)/g)])
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const [, leftText = '', leftNumber = ''] = left[i] ?? []
    const [, rightText = '', rightNumber = ''] = right[i] ?? []
    const order = compareText(leftText, rightText) || Number(leftNumber) - Number(rightNumber)
    if (order !== 0) return order
  }
  return 0
}

function split(version) {
  const [, epoch = '0', rest] = /^(?:(\d+):)?(.*)$/.exec(version)
  const dash = rest.lastIndexOf('-')
  return dash < 0 ? [epoch, rest, '0'] : [epoch, rest.slice(0, dash), rest.slice(dash + 1)]
}

/** Below 0, 0 or above 0, as `dpkg --compare-versions` has it. */
export function compareVersions(a, b) {
  const [left, right] = [split(a), split(b)]
  return Number(left[0]) - Number(right[0]) || comparePart(left[1], right[1]) || comparePart(left[2], right[2])
}
