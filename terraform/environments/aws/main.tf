# The AWS side, in a state of its own: it knows nothing of Google but the numbers of two accounts.
provider "aws" {
  region = var.region
}

module "ses_role" {
  source = "../../modules/ses_role"

  google_account_ids = var.google_account_ids
  identity           = var.identity
  from               = var.from
}
