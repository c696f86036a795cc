variable "project_id" {
  type = string
}

variable "region" {
  type = string
}

variable "name" {
  type = string
}

variable "service" {
  description = "The poll's Cloud Run service; its schedule has the same name."
  type        = string
}

variable "message" {
  description = "The line's message, word for word."
  type        = string
}

variable "minutes" {
  description = "How long the silence lasts before somebody is told."
  type        = number
}

variable "emails" {
  type = set(string)
}
