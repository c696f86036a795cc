variable "project_id" {
  type = string
}

variable "region" {
  description = "Where the service runs."
  type        = string
}

variable "location" {
  description = "Where the database lies: its events are told there only."
  type        = string
}

variable "name" {
  type = string
}

variable "database" {
  type = string
}

variable "document" {
  description = "A path pattern, notices/{notice}."
  type        = string
}

variable "service" {
  description = "The Cloud Run service that is told."
  type        = string
}

variable "account_email" {
  type = string
}
