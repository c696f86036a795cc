variable "name" {
  description = "The role's name."
  type        = string
  default     = "bioagent-ses"
}

variable "google_account_ids" {
  description = "Numbers of the Google service accounts that may send: `terraform output ses` of the Google side."
  type        = list(string)

  validation {
    condition     = length(var.google_account_ids) > 0 && alltrue([for id in var.google_account_ids : can(regex("^[0-9]{15,25}$", id))])
    error_message = "The accounts are given by their numbers (about 21 digits), not their e-mails: `terraform output ses` of the Google side."
  }
}

variable "audience" {
  description = "What the token is made out to; the channel asks for the same."
  type        = string
  default     = "bioagent-ses"
}

variable "identity" {
  description = "The sending domain (lab.org) or address (runs@lab.org)."
  type        = string
}

variable "from" {
  description = "The address that notices come from."
  type        = string

  validation {
    condition     = can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", var.from)) && endswith(var.from, var.identity)
    error_message = "An address of the identity: runs@lab.org for lab.org."
  }
}
