variable "project_id" {
  type = string
}

variable "name" {
  type = string
}

variable "push_endpoint" {
  type = string
}

variable "audience" {
  description = "What the push's identity token is made out to."
  type        = string
}

variable "push_account_email" {
  type = string
}

variable "timeout_seconds" {
  description = "How long the function that takes the push may work."
  type        = number
}
