// Spawn: three at once
import { joinAll, sleep, spawn } from 'gvent'

function* boil(name, milliseconds) {
  console.log(`${name}: started`)
  yield* sleep(milliseconds) // waits here; the others go on
  console.log(`${name}: done after ${milliseconds} ms`)
  return name
}

const greenlets = [spawn(boil, 'eggs', 600), spawn(boil, 'rice', 900), spawn(boil, 'tea', 300)]
await joinAll(greenlets)
console.log('everything is ready:', greenlets.map(({ value }) => value).join(', '))
