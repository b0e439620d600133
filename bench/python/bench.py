"""Does the works of the benchmarks with gevent.

`bench.py <work> <operations> <warmups> <rounds> <clock>` prints the cost of one operation in each measured round, as
a JSON array. The clock is wall or cpu.
"""

import gc
import json
import resource
import sys
import time

import gevent
from gevent.event import Event
from gevent.queue import Queue


CLOCK = sys.argv[-1]


def together(task):
    gevent.joinall([gevent.spawn(task) for _ in range(100)])


def switch(operations):
    def task():
        for _ in range(operations // 100):
            gevent.sleep(0)

    together(task)


def hand_off(operations):
    def player(source, target):
        for _ in range(operations // 2):
            target.put(source.get() + 1)

    left, right = Queue(), Queue()
    left.put(0)
    gevent.joinall([gevent.spawn(player, left, right), gevent.spawn(player, right, left)])


def spawn(operations):
    gevent.joinall([gevent.spawn(lambda index: index, index) for index in range(operations)])


def timeout(operations):
    def task():
        for _ in range(operations // 100):
            with gevent.Timeout(30):
                gevent.sleep(0)

    together(task)


def sleep(operations):
    def task(milliseconds):
        gevent.sleep(milliseconds / 1000)

    gevent.joinall([gevent.spawn(task, (index * 7919) % 1000 + 1) for index in range(operations)])


def elapsed(work):
    """Nanoseconds of time."""

    def measured(operations):
        now = time.process_time_ns if CLOCK == 'cpu' else time.perf_counter_ns
        start = now()
        work(operations)
        return (now() - start) / operations

    return measured


def processor_time(work):
    """Nanoseconds of processor time, user and system."""

    def measured(operations):
        start = time.process_time_ns()
        work(operations)
        return (time.process_time_ns() - start) / operations

    return measured


def memory(operations):
    """Bytes of resident memory that a waiting greenlet takes: Python cannot tell what its C stacks hold."""
    event = Event()
    before = resident()
    waiting = [gevent.spawn(event.wait) for _ in range(operations)]
    # Greenlets start in the order in which they were spawned.
    gevent.spawn(lambda: None).join()
    after = resident()
    event.set()
    gevent.joinall(waiting)
    return (after - before) / operations


def resident():
    gc.collect()
    with open('/proc/self/statm') as statm:
        return int(statm.read().split()[1]) * resource.getpagesize()


WORKS = {
    'switch': elapsed(switch),
    'hand-off': elapsed(hand_off),
    'spawn': elapsed(spawn),
    'timeout': elapsed(timeout),
    'sleep': processor_time(sleep),
    'memory': memory,
}


def main():
    name, *numbers = sys.argv[1:-1]
    operations, warmups, rounds = (int(number) for number in numbers)
    work = WORKS[name]
    for _ in range(warmups):
        work(operations)
    print(json.dumps([work(operations) for _ in range(rounds)]))


if __name__ == '__main__':
    main()
