"""The known defects of the official client 10.51.1: the only differences from it that its judges forgive."""


def not_judged(form):
    return {"FUNDAMENTAL_DATA": "retired, the official client has no longer a decoder for it"}.get(form.id.name, "")


def without_known_defects(message, form, version):
    return message


def of_decoder(seen, form, version):
    return seen
