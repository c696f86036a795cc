variable "project_id" {
  type = string
}

variable "account_id" {
  type = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.account_id))
    error_message = "An account id is 6 to 30 lower case letters, digits and hyphens; choose a shorter name."
  }
}

variable "display_name" {
  type = string
}

variable "description" {
  description = "What it is for, in a sentence."
  type        = string
}
