/** The playground: an editor, and a worker for each run. */
import { javascript } from '@codemirror/lang-javascript'
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language'
import { Prec } from '@codemirror/state'
import { EditorView, keymap, lineNumbers } from '@codemirror/view'
import { tags } from '@lezer/highlight'
import { minimalSetup } from 'codemirror'
import { drawDiagram, readDiagram } from './diagram.js'
import { scriptOf } from './program.js'
import { work } from './worker.js'

const modules = ['gvent', 'gvent/scheduler', 'gvent/streams', 'gvent/testing']
const programs = JSON.parse(document.getElementById('programs').textContent)
const choice = document.querySelector('.play-bar select')
const [go, stop] = ['.go', '.stop'].map((name) => document.querySelector(`.play-bar ${name}`))
const state = document.querySelector('.state')
const output = document.querySelector('.output')

const colours = HighlightStyle.define(
  [
    [[tags.keyword, tags.operatorKeyword, tags.controlKeyword, tags.moduleKeyword], 'keyword'],
    [[tags.string, tags.special(tags.string), tags.regexp], 'string'],
    [[tags.number, tags.bool, tags.null], 'constant'],
    [[tags.comment], 'comment'],
    [[tags.function(tags.variableName), tags.function(tags.propertyName), tags.className], 'function'],
    [[tags.punctuation, tags.operator], 'punctuation'],
  ].map(([tag, name]) => ({ tag, color: `var(--code-token-${name})` })),
)
const editor = new EditorView({
  parent: document.querySelector('.editor'),
  extensions: [
    Prec.highest(keymap.of([{ key: 'Mod-Enter', run: () => (start(), true) }])),
    minimalSetup,
    lineNumbers(),
    javascript(),
    syntaxHighlighting(colours),
    EditorView.lineWrapping,
    EditorView.contentAttributes.of({ 'aria-label': 'Program', spellcheck: 'false' }),
  ],
})

/** The worker that runs, and how to end it. */
let worker
let url

choice.addEventListener('change', () => {
  end('')
  location.hash = choice.value.replace(/\.js$/, '')
  show()
})
go.addEventListener('click', start)
stop.addEventListener('click', () => end('stopped'))
const asked = programs.find(({ file }) => file === `${location.hash.slice(1)}.js`)
if (asked) choice.value = asked.file
show()

function show() {
  const { source } = programs.find(({ file }) => file === choice.value)
  editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: source } })
  output.replaceChildren(line('quiet', 'Run it, here or with Ctrl-Enter.'))
}

function start() {
  end('')
  output.replaceChildren()
  let script
  try {
    script = scriptOf(editor.state.doc.toString(), modules)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    const place = /\((\d+):(\d+)\)$/.exec(error.message)
    output.append(
      line('bad', `SyntaxError: ${error.message.replace(/ \(\d+:\d+\)$/, '')}${place ? `, line ${place[1]}` : ''}`),
    )
    state.textContent = 'not run'
    return
  }
  url = URL.createObjectURL(new Blob([`(${work})()`], { type: 'text/javascript' }))
  worker = new Worker(url)
  worker.onmessage = ({ data }) => {
    if (data.kind === 'state') tell(data)
    else output.append(...shown(data.kind, data.text))
  }
  worker.onerror = (event) => {
    event.preventDefault()
    output.append(line('bad', event.message))
  }
  worker.postMessage({ scheduler: globalThis.gventScheduler, script })
  state.textContent = 'running…'
  stop.disabled = false
}

/** The main function of the program has ended; so many greenlets have not. */
function tell({ alive, isStuck }) {
  const greenlets = alive === 1 ? 'one greenlet' : `${alive} greenlets`
  if (alive === 0) end('done')
  else if (isStuck) end(`deadlock: ${greenlets} can never go on`)
  else state.textContent = `the main program has ended, ${greenlets} ${alive === 1 ? 'has' : 'have'} not`
}

function end(text) {
  worker?.terminate()
  worker = undefined
  if (url !== undefined) URL.revokeObjectURL(url)
  url = undefined
  stop.disabled = true
  state.textContent = text
}

function shown(kind, text) {
  const diagram = readDiagram(text)
  if (diagram === undefined) return [line(kind, text)]
  return [line(kind, diagram.before), drawDiagram(diagram), line('quiet', diagram.after)]
}

function line(className, textContent) {
  return Object.assign(document.createElement('pre'), { className, textContent })
}
