"""Serves with gevent: `servers.py <work>` listens on loopback and prints the port."""

import os
import resource
import socket
import sys

import gevent
from gevent.fileobject import FileObject
from gevent.pywsgi import WSGIHandler, WSGIServer
from gevent.server import StreamServer


CHUNK = bytes(1 << 20)


def echo(connection, _address):
    while True:
        data = connection.recv(4096)
        if not data:
            return
        connection.sendall(data)


def upload(connection, _address):
    while connection.recv(65536):
        pass


def download(connection, _address):
    try:
        while True:
            connection.sendall(CHUNK)
    except OSError:
        pass


def accept(_connection, _address):
    pass


def hello(_environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain'), ('Content-Length', '13')])
    return [b'Hello world!\n']


class PromptHandler(WSGIHandler):
    """It sends the head and the body one by one, and the second would wait for the client's delayed acknowledgement."""

    def __init__(self, connection, address, server, **options):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        super().__init__(connection, address, server, **options)


HANDLERS = {'echo': echo, 'upload': upload, 'download': download, 'accept': accept}


def end_with_input():
    FileObject(sys.stdin.buffer).read()
    os._exit(0)


def main():
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    # gevent's own backlog is 256.
    if sys.argv[1] == 'wsgi':
        server = WSGIServer(('127.0.0.1', 0), hello, backlog=511, log=None, handler_class=PromptHandler)
    else:
        server = StreamServer(('127.0.0.1', 0), HANDLERS[sys.argv[1]], backlog=511)
    server.start()
    print(server.server_port, flush=True)
    gevent.spawn(end_with_input)
    server.serve_forever()


if __name__ == '__main__':
    main()
