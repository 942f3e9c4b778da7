"""Where files that need a check before every reading live: certificates, evidence, imports."""

from django.core.files.storage import FileSystemStorage


class PrivateStorage(FileSystemStorage):
    """Files outside the public media folder: without an address, handed out by scoped views."""

    def url(self, name: str | None) -> str:
        raise ValueError("a private file has no public address")
