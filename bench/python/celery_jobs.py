"""Celery with gevent's pool: `add PORT` adds jobs that come as lines; `work PORT SIZE COUNT` does them."""
import sys

if sys.argv[1] == "work":
    from gevent import monkey

    monkey.patch_all()

import json
import resource
import time

import redis
from celery import Celery

mode, port = sys.argv[1], int(sys.argv[2])
app = Celery("bench", broker="redis://127.0.0.1:%d/0" % port)
# At least once, as the others.
app.conf.update(
    task_acks_late=True,
    task_ignore_result=True,
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
)

first = 0.0
done = 0
total = int(sys.argv[4]) if mode == "work" else 0
client = redis.Redis(port=port)


def memory():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize()


@app.task(name="job")
def job(at):
    global first, done
    now = time.time() * 1000
    done += 1
    if done == 1:
        first = now
    if done < total:
        return
    if done == total:
        result = {"seconds": (now - first) / 1000, "memory": memory()}
    else:
        result = {"milliseconds": now - at}
    client.rpush("results", json.dumps(result))


if mode == "add":
    with app.producer_pool.acquire(block=True) as producer:
        for line in sys.stdin:
            for at in json.loads(line):
                job.apply_async((at,), producer=producer)
            print("added", flush=True)
else:
    app.worker_main(["worker", "-P", "gevent", "-c", sys.argv[3], "-l", "error", "--without-gossip", "--without-mingle"])
