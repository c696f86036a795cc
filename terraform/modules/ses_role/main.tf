# Mail through Amazon SES without a key: AWS takes the function's own Google identity token. accounts.google.com is a
# provider that AWS knows, so none is made here.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {
      type        = "Federated"
      identifiers = ["accounts.google.com"]
    }

    # Of a Google service account's token, AWS reads azp, the account's number, as `aud`, and aud as `oaud`.
    condition {
      test     = "StringEquals"
      variable = "accounts.google.com:aud"
      values   = var.google_account_ids
    }

    condition {
      test     = "StringEquals"
      variable = "accounts.google.com:sub"
      values   = var.google_account_ids
    }

    condition {
      test     = "StringEquals"
      variable = "accounts.google.com:oaud"
      values   = [var.audience]
    }
  }
}

data "aws_iam_policy_document" "send" {
  statement {
    actions   = ["ses:SendRawEmail", "ses:SendEmail"]
    resources = [aws_sesv2_email_identity.main.arn]

    condition {
      test     = "StringEquals"
      variable = "ses:FromAddress"
      values   = [var.from]
    }
  }
}

# A domain or an address that is yours: AWS writes to it, or wants records in its DNS, before it sends for it.
resource "aws_sesv2_email_identity" "main" {
  email_identity = var.identity
}

resource "aws_iam_role" "main" {
  name                 = var.name
  description          = "BioAgent's functions on Google Cloud send notices by SES."
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  max_session_duration = 3600
}

resource "aws_iam_role_policy" "send" {
  name   = "send"
  role   = aws_iam_role.main.name
  policy = data.aws_iam_policy_document.send.json
}
