"""S3: the only layer that knows boto3 and botocore."""
