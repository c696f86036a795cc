variable "project_id" {
  type = string
}

variable "region" {
  type = string
}

variable "name" {
  type = string
}

variable "description" {
  type = string
}

variable "schedule" {
  description = "In the form of unix-cron."
  type        = string
}

variable "uri" {
  type = string
}

variable "audience" {
  type = string
}

variable "account_email" {
  type = string
}

variable "timeout_seconds" {
  description = "How long the function may work. The deadline is longer: a request that is given up is sent again while the first still runs."
  type        = number
}
