variable "region" {
  description = "Where SES sends from: us-east-1."
  type        = string
}

variable "google_account_ids" {
  description = "`terraform -chdir=../dev output -json ses`"
  type        = list(string)
}

variable "identity" {
  description = "The sending domain (lab.org) or address (runs@lab.org)."
  type        = string
}

variable "from" {
  description = "The address that notices come from."
  type        = string
}
