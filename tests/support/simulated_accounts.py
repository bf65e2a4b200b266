"""Accounts of an advisor, as tests set them up."""

GROUPS = """<?xml version="1.0" encoding="UTF-8"?>
<ListOfGroups><Group><name>Two</name><ListOfAccts varName="list"><String>DU1234567</String><String>DU1234568</String>
</ListOfAccts><defaultMethod>Equal</defaultMethod></Group></ListOfGroups>"""
