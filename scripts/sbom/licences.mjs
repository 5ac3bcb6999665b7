// Licences of components whose makers gave none that a machine reads: the words of licence and copyright files, and a list of those
// that a person read (licences.json: the name, the licence, where it says so).
const SENTENCES = [
  ['MIT', /Permission is hereby granted, free of charge, to any person (or organization )?obtaining a copy/],
  ['HPND', /Permission to use, copy, modify,? (and )?(distribute|sell)/],
  ['BSD', /Redistribution and use in source and binary forms/],
  ['ISC', /Permission to use, copy, modify, and\/or distribute this software/],
  ['Zlib', /This software is provided 'as-is', without any express or implied warranty\. In no event/],
  ['public domain', /\b(is|are|been placed) in(to)? the public domain\b/i]
]

/** Names of the licences that a text speaks of: Debian's common licences by their file, others by their first sentence; every one once. */
export function licencesInText(text) {
  const plain = text.replace(/^\s*\*\s?/gm, '').replace(/\s+/g, ' ')
  const common = [...plain.matchAll(/\/usr\/share\/common-licenses\/([A-Za-z0-9.+-]*[A-Za-z0-9])/g)].map(([, name]) => name)
  return [...new Set([...common, ...SENTENCES.filter(([, sentence]) => sentence.test(plain)).map(([name]) => name)])].sort()
}

/** Of Debian's copyright file: the short names where it is machine-readable (DEP-5), else what its text speaks of. */
export function licencesOfCopyright(text) {
  const short = [...new Set([...text.matchAll(/^License:\s*(\S.*)$/gm)].map(([, licence]) => licence.trim()))].sort()
  return short.length > 0 ? short : licencesInText(text)
}

/** Of an npm package: what package.json says in its older form, else what the text of its licence file speaks of. */
export function licencesOfPackage(manifest, text) {
  const said = [manifest.license, manifest.licenses].flat().flatMap((each) => (typeof each === 'string' ? [each] : typeof each?.type === 'string' ? [each.type] : []))
  const named = said.filter((each) => !/^SEE LICEN[CS]E/i.test(each))
  return named.length > 0 ? named : licencesInText(text)
}
