"""An origin that serves the files of a folder with validators, ranges left out on purpose."""

import hashlib
import os
from email.utils import formatdate
from urllib.parse import unquote

from .origin import ManualOrigin, reply


class FileOrigin(ManualOrigin):
    def __init__(self, folder, cache_control="max-age=3600", **options):
        super().__init__(**options)
        self.folder = folder
        self.cache_control = cache_control
        self.default = self._serve_file

    def _serve_file(self, exchange):
        path = os.path.join(self.folder, unquote(exchange.request.target.split("?")[0]).lstrip("/"))
        fields = {"Cache-Control": self.cache_control}
        if not os.path.isfile(path):
            return reply(404, b"", fields, "Not Found")
        with open(path, "rb") as file:
            content = file.read()
        fields["ETag"] = '"' + hashlib.sha256(content).hexdigest()[:16] + '"'
        fields["Last-Modified"] = formatdate(os.path.getmtime(path), usegmt=True)
        fields["Content-Type"] = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}.get(
            os.path.splitext(path)[1], "application/octet-stream")
        conditions = (exchange.fields.get("If-None-Match"), exchange.fields.get("If-Modified-Since"))
        if conditions[0] == fields["ETag"] or (not conditions[0] and conditions[1] == fields["Last-Modified"]):
            return reply(304, fields=fields, reason="Not Modified")
        if exchange.request.method == "HEAD":
            return reply(fields={**fields, "Content-Length": str(len(content))})
        return reply(body=content, fields=fields)
