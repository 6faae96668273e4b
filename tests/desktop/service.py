"""The person's own web server: `service.py PORT BODY`. Its death closes its connections, as a real one's does."""

import http.server
import sys


class Answer(http.server.BaseHTTPRequestHandler):
    """Answers every GET and HEAD with the body."""

    protocol_version = "HTTP/1.1"

    def do_HEAD(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()

    def do_GET(self):
        self.do_HEAD()
        self.wfile.write(BODY)

    def log_message(self, *_):
        pass


PORT, BODY = int(sys.argv[1]), sys.argv[2].encode()
with http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Answer) as server:
    print("listening", flush=True)
    server.serve_forever()
