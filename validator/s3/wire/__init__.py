"""The data path of uploads: PutObject and UploadPart on connections of its own.

boto3 spends 7 ms of processor time on a small PUT, most of it on building the request and reading the answer.
Here botocore still says where a bucket is (`address`), which headers an option needs and how a request is
signed (`signing`), but the bytes go over plain sockets that stay open (`sockets`, `answers`, `exchange`).
"""
