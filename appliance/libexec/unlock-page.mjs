// unlock-page.mjs FOLDER PORT: asks for the passphrase of the data partition and leaves it in FOLDER/passphrase. FOLDER/state says what is
// asked: `choose` (the first start: the label's code and a new passphrase), `open`, `wrong`. Runs before anything of the clinic can be read.
import { timingSafeEqual } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { URLSearchParams } from 'node:url'

const [folder = '/run/screenpost-unlock', port = '8080'] = process.argv.slice(2)
const LEAST = 10
const MOST_BYTES = 4096
const PAUSE_MS = Number(process.env.SCREENPOST_PAUSE_MS ?? 2000)
const WORDS = {
  en: ['This box is locked', 'Passphrase', 'Once more', 'Code on the label', 'Open', 'Choose a passphrase of at least 10 characters. It is asked at every start. Nobody can open the data without it: write it down and keep it away from the box.', 'It did not open. Try again.', 'The code is wrong, the passphrase is too short, or the two differ.', 'It is being opened. This takes a minute.'],
  fr: ['Cet appareil est verrouillé', 'Phrase secrète', 'Encore une fois', 'Code de l’étiquette', 'Ouvrir', 'Choisissez une phrase d’au moins 10 caractères. Elle est demandée à chaque démarrage. Sans elle, personne ne peut ouvrir les données : notez-la et gardez-la loin de l’appareil.', 'Cela n’a pas ouvert. Réessayez.', 'Le code est faux, la phrase trop courte, ou les deux diffèrent.', 'Ouverture en cours. Cela prend une minute.'],
  es: ['Este equipo está bloqueado', 'Frase secreta', 'Otra vez', 'Código de la etiqueta', 'Abrir', 'Elija una frase de al menos 10 caracteres. Se pide en cada arranque. Sin ella nadie puede abrir los datos: anótela y guárdela lejos del equipo.', 'No se abrió. Inténtelo de nuevo.', 'El código es erróneo, la frase es corta o las dos no coinciden.', 'Se está abriendo. Tarda un minuto.'],
  pt: ['Este aparelho está bloqueado', 'Frase secreta', 'Outra vez', 'Código da etiqueta', 'Abrir', 'Escolha uma frase de pelo menos 10 caracteres. É pedida em cada arranque. Sem ela ninguém abre os dados: anote-a e guarde-a longe do aparelho.', 'Não abriu. Tente de novo.', 'O código está errado, a frase é curta ou as duas diferem.', 'Está a abrir. Demora um minuto.'],
  sw: ['Kisanduku kimefungwa', 'Kauli ya siri', 'Tena', 'Msimbo wa lebo', 'Fungua', 'Chagua kauli ya herufi 10 au zaidi. Huulizwa kila kinapowashwa. Bila hiyo hakuna anayeweza kufungua data: iandike na uiweke mbali na kisanduku.', 'Haikufungua. Jaribu tena.', 'Msimbo si sahihi, kauli ni fupi, au mbili hazilingani.', 'Inafunguliwa. Huchukua dakika moja.'],
  hi: ['यह डिब्बा बंद है', 'गुप्त वाक्य', 'एक बार फिर', 'लेबल का कोड', 'खोलें', 'कम से कम 10 अक्षरों का वाक्य चुनें। यह हर बार चालू होने पर पूछा जाता है। इसके बिना कोई डेटा नहीं खोल सकता: इसे लिखकर डिब्बे से दूर रखें।', 'नहीं खुला। फिर कोशिश करें।', 'कोड गलत है, वाक्य छोटा है, या दोनों अलग हैं।', 'खोला जा रहा है। एक मिनट लगता है।'],
  ar: ['هذا الجهاز مقفل', 'عبارة السر', 'مرة أخرى', 'رمز الملصق', 'فتح', 'اختر عبارة من 10 أحرف على الأقل. تُطلب عند كل تشغيل. لا أحد يفتح البيانات دونها: اكتبها واحفظها بعيدًا عن الجهاز.', 'لم يُفتح. حاول مرة أخرى.', 'الرمز خطأ أو العبارة قصيرة أو العبارتان مختلفتان.', 'جارٍ الفتح. يستغرق دقيقة.']
}

const text = (name) => readFile(join(folder, name), 'utf8').then((all) => all.trim(), () => '')
const same = (a, b) => a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
const wordsFor = (asked = '') => Object.entries(WORDS).find(([language]) => language === asked.slice(0, 2).toLowerCase()) ?? ['en', WORDS.en]

function page([language, words], { state, busy, said }) {
  const [title, passphrase, again, code, button, choose, wrong, , opening] = words
  const input = (name, label, more) => `<p><label>${label}<br><input name="${name}" type="password" required maxlength="200" autocomplete="off" ${more ?? ''}></label></p>`
  const form = state === 'choose'
    ? `<p>${choose}</p><form method="post" action="/unlock">${input('code', code, 'inputmode="numeric"')}${input('passphrase', passphrase, `minlength="${LEAST}"`)}${input('again', again)}<button>${button}</button></form>`
    : `<form method="post" action="/unlock">${input('passphrase', passphrase)}<button>${button}</button></form>`
  const notice = said ?? (state === 'wrong' && !busy ? wrong : undefined)
  return `<!doctype html><html lang="${language}" dir="${language === 'ar' ? 'rtl' : 'ltr'}"><meta charset="utf-8"><meta name="viewport" content="width=device-width">${busy ? '<meta http-equiv="refresh" content="5;url=/">' : ''}<title>Screenpost</title>
<style>body{font:1.1rem system-ui;max-width:30rem;margin:2rem auto;padding:0 1rem}input,button{font:inherit;width:100%;min-height:48px;box-sizing:border-box}button{background:#0b4a54;color:#fff;border:0;border-radius:.5rem}.bad{color:#a01414;font-weight:bold}</style>
<h1>${title}</h1>${notice ? `<p class="bad" role="alert">${notice}</p>` : ''}${busy ? `<p role="status">${opening}</p>` : form}`
}

async function bodyOf(request) {
  let body = ''
  for await (const bytes of request) {
    body += bytes
    if (body.length > MOST_BYTES) return new URLSearchParams()
  }
  return new URLSearchParams(body)
}

const isGood = async (form, state) => (state !== 'choose' ? form.get('passphrase') !== ''
  : same(form.get('code').replace(/\D/g, ''), await text('label-code')) && form.get('passphrase').length >= LEAST && form.get('passphrase') === form.get('again'))

async function answer(request, response) {
  const words = wordsFor(request.headers['accept-language'])
  const state = await text('state')
  let [said, busy] = [undefined, (await text('passphrase')) !== '']
  if (request.method === 'POST' && !busy) {
    const sent = await bodyOf(request)
    const form = new Map(['passphrase', 'again', 'code'].map((name) => [name, sent.get(name) ?? '']))
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    busy = await isGood(form, state)
    if (busy) {
      await writeFile(join(folder, 'passphrase.new'), form.get('passphrase'), { mode: 0o600 })
      await rename(join(folder, 'passphrase.new'), join(folder, 'passphrase'))
    } else said = words[1][7]
  }
  response.writeHead(said ? 422 : 200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store', 'x-frame-options': 'DENY', 'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'" })
  response.end(page(words, { state, busy, said }))
}

const server = createServer((request, response) => void answer(request, response).catch(() => { response.writeHead(500); response.end() }))
server.listen(Number(port), '0.0.0.0', () => console.log(`unlock page on port ${server.address().port}`))
