/* Sends pictures one after the other, each with its progress, and goes on after a dropped Wi-Fi. Without this script the form works as it is. */
'use strict';
{
  const form = document.getElementById('capture')
  const list = document.getElementById('uploads')
  const say = (word) => document.querySelector(`[data-say=${word}]`).textContent
  const queue = []
  const taken = []
  let busy = false
  let trouble = false
  let library

  const loadTus = () => {
    library ??= new Promise((resolve, reject) => {
      const script = document.createElement('script')
      script.src = '/static/vendor/tus.js'
      script.onload = resolve
      script.onerror = () => { library = undefined; reject(new Error('tus')) }
      document.head.append(script)
    })
    return library
  }

  /* Before the Wi-Fi drops: what is taken meanwhile waits and goes by itself. */
  window.addEventListener('load', () => { loadTus().catch(() => undefined) })

  const line = (file) => {
    const item = document.createElement('li')
    const name = document.createElement('bdi')
    const state = document.createElement('span')
    const bar = document.createElement('progress')
    name.textContent = file.name
    bar.max = 1
    bar.value = 0
    bar.setAttribute('aria-label', file.name)
    state.textContent = say('waiting')
    const text = document.createElement('span')
    text.append(name)
    item.append(text, state, bar)
    list.append(item)
    return { item, state, bar }
  }

  const finish = (shown, good, text, studyId, part = '') => {
    shown.bar.remove()
    shown.item.className = good ? 'good' : 'bad'
    if (studyId && good) taken.push(studyId)
    else trouble = true
    shown.state.textContent = text + ' '
    if (!studyId) return
    const link = document.createElement('a')
    link.href = `/studies/${studyId}${part}`
    link.className = 'button quiet'
    link.textContent = say('open')
    shown.item.append(link)
  }

  /* Here already, and perhaps somebody else's than the one chosen: the page stays and says whose it is. */
  const tellKnown = (shown, { studyId, whose, patient }) => {
    finish(shown, whose !== 'other', [say('duplicate'), whose ? say(`whose-${whose}`) : ''].join(' '), studyId, whose === 'other' ? '#wrong-patient' : '')
    trouble = true
    const name = document.createElement('bdi')
    name.textContent = [patient?.name, patient?.identifier].filter(Boolean).join(' · ')
    const strong = document.createElement('strong')
    strong.append(name)
    shown.state.append(strong)
  }

  /* The last answer carries the receipt in headers; a server without them just took the file. */
  const receiptOf = (response) => {
    try { return JSON.parse(response?.getBody() || '{}') } catch { return {} }
  }

  /* The session ended: pictures wait in this page until the same person, who took them, has signed in again, here or in another tab. */
  const out = document.getElementById('signed-out')
  let goFurther = () => undefined
  const isSignedOut = (answer) => answer?.getStatus() === 401 || receiptOf(answer).error?.code === 'bad-csrf'
  const isBack = async () => {
    const answer = await fetch('/capture', { redirect: 'manual', cache: 'no-store' })
    if (!answer.ok) return false
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
    if (page.querySelector('.who').dataset.user !== document.querySelector('.who').dataset.user) return false
    for (const field of document.querySelectorAll('[name=_csrf]')) field.value = page.querySelector('#capture [name=_csrf]').value
    return true
  }
  const look = async () => {
    if (out.hidden || !(await isBack().catch(() => false))) return
    out.hidden = true
    goFurther()
  }
  const untilSignedIn = () => new Promise((resolve) => {
    goFurther = resolve
    out.hidden = false
    void look()
  })
  new BroadcastChannel('signed-in').addEventListener('message', look)
  document.addEventListener('visibilitychange', look)
  /* A photo may be on its way from the camera: this page stays. */
  document.addEventListener('signed-out', (event) => { event.preventDefault(); out.hidden = false })

  const retryButton = (job) => {
    const button = document.createElement('button')
    button.type = 'button'
    button.className = 'quiet'
    button.textContent = say('again')
    button.addEventListener('click', () => { job.shown.item.remove(); add(job.file, job.meta) })
    job.shown.item.append(button)
  }

  /* An upload is gone on with only where the file is the same and of the same person, the same eye and the same kind: the appliance reads these when it is announced. */
  const fingerprintOf = (file, { patientId, laterality, film }) => 'upload:' + JSON.stringify([file.name, file.type, file.size, file.lastModified, patientId, laterality, film])

  /* What is begun is remembered in this tab alone: it outlives a reload of the page, and nothing of it stays when somebody signs out (app.js). */
  const begun = {
    async findUploadsByFingerprint(fingerprint) {
      const uploadUrl = sessionStorage.getItem(fingerprint)
      return uploadUrl ? [{ uploadUrl, urlStorageKey: fingerprint }] : []
    },
    async addUpload(fingerprint, { uploadUrl }) {
      sessionStorage.setItem(fingerprint, uploadUrl)
      return fingerprint
    },
    async removeUpload(key) { sessionStorage.removeItem(key) }
  }

  const sendOne = (job) => new Promise((resolve) => {
    const { shown, file, meta } = job
    const upload = new tus.Upload(file, {
      endpoint: '/api/v1/tus', chunkSize: 2 * 1024 * 1024, retryDelays: [500, 1000, 3000, 5000, 10000, 20000, 30000, ...Array(20).fill(60000)],
      urlStorage: begun, fingerprint: async () => fingerprintOf(file, meta), removeFingerprintOnSuccess: true, metadata: { filename: file.name, filetype: file.type, ...meta },
      headers: { 'X-CSRF-Token': form.elements._csrf.value },
      onProgress: (sent, total) => { shown.bar.value = total ? sent / total : 1; shown.state.textContent = say('sending') },
      onShouldRetry: (error) => {
        const status = error.originalResponse?.getStatus() ?? 0
        if (status === 0) shown.state.textContent = say('paused')
        return status === 0 || status === 409 || status === 423 || status === 503
      },
      onError: (error) => {
        if (isSignedOut(error.originalResponse)) return resolve('signed-out')
        const answer = receiptOf(error.originalResponse)
        finish(shown, false, answer.error?.message ?? say('refused'))
        retryButton(job)
        resolve()
      },
      onSuccess: ({ lastResponse } = {}) => {
        const receipt = receiptOf(lastResponse)
        const quarantined = receipt.outcome === 'quarantined'
        if (receipt.outcome === 'duplicate') tellKnown(shown, receipt)
        else finish(shown, !quarantined, quarantined ? receipt.problem?.message ?? say('refused') : say('done'), receipt.studyId)
        resolve()
      }
    })
    upload.findPreviousUploads().then((found) => {
      if (found[0]) upload.resumeFromPreviousUpload(found[0])
      upload.start()
    }, () => upload.start())
  })

  const work = async () => {
    if (busy) return
    busy = true
    while (queue.length > 0) {
      const job = queue.shift()
      try {
        await loadTus()
        if ((await sendOne(job)) !== 'signed-out') continue
        job.shown.state.textContent = say('waiting')
        queue.unshift(job)
        await untilSignedIn()
      } catch {
        finish(job.shown, false, say('refused'))
        retryButton(job)
      }
    }
    busy = false
    goOn()
  }
  /* All arrived: on to the verdict by itself; to the person where there are several images. Whatever went wrong is left to be read. */
  const goOn = () => {
    if (trouble || taken.length === 0) return
    const patient = form.elements.patientId.value
    const all = [...new Set(taken)]
    location.assign(all.length === 1 ? `/studies/${all[0]}` : patient ? `/patients/${patient}` : '/')
  }
  const add = (file, meta) => {
    queue.push({ file, meta, shown: line(file) })
    void work()
  }
  /* A picture may wait here for the Wi-Fi while the next person comes: it says when it was taken, by the clock of the appliance. */
  const ahead = Date.parse(form.dataset.now) - Date.now()
  const metaOf = (file) => {
    const data = new FormData(form)
    const takenAt = new Date(Math.min(file.lastModified || Infinity, Date.now()) + ahead).toISOString()
    const meta = { patientId: data.get('patientId'), laterality: data.get('laterality'), film: data.get('film'), takenAt }
    return Object.fromEntries(Object.entries(meta).filter(([, value]) => value))
  }

  form.addEventListener('change', (event) => {
    if (event.target.type !== 'file') return
    for (const file of event.target.files) add(file, metaOf(file))
    event.target.value = ''
  })
  form.addEventListener('submit', (event) => event.preventDefault())
  document.body.classList.add('scripted')
  document.getElementById('send').hidden = true
  window.addEventListener('beforeunload', (event) => { if (busy) event.preventDefault() })
}
