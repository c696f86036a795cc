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

variable "entry_point" {
  description = "Its name in functions.json."
  type        = string
}

variable "source_code" {
  description = "The bundle in the code bucket; a new generation is a new deployment."
  type = object({
    bucket     = string
    object     = string
    generation = number
  })
}

variable "build_account_name" {
  description = "projects/P/serviceAccounts/E-MAIL"
  type        = string
}

variable "docker_repository" {
  description = "projects/P/locations/L/repositories/R, where the built image is kept."
  type        = string
}

variable "account_email" {
  type = string
}

variable "memory" {
  type = string
}

variable "cpu" {
  type = number
}

variable "timeout_seconds" {
  type = number
}

variable "concurrency" {
  type = number
}

variable "min_instances" {
  type = number
}

variable "max_instances" {
  type = number
}

variable "from_outside" {
  description = "Reachable from the internet, for those IAM lets in; else only by Google's own schedulers, pushes and events of the project."
  type        = bool
}

variable "environment" {
  type = map(string)
}

variable "invokers" {
  description = "Who may call it: IAM principals by a name of their own."
  type        = map(string)
}
