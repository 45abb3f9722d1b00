# Was von syncd in Zotero zu sehen ist.

## Wo syncd keine Antwort hat

syncd-not-paired = syncd ist noch nicht mit Zotero verbunden. Im Terminal: syncd login --desktop
syncd-not-running = syncd läuft nicht. Im Terminal starten: syncd run
syncd-slow = syncd hat nicht rechtzeitig geantwortet. Was verlangt war, kann trotzdem geschehen.
syncd-refused = syncd kennt dieses Zotero nicht mehr. Im Terminal neu verbinden: syncd login --desktop
syncd-failed = syncd konnte nicht antworten: { $message }
syncd-strange = Was geantwortet hat, ist nicht syncd, oder eine andere Version davon. Im Terminal neu verbinden: syncd login --desktop

## Spalten

syncd-column-score = AI Score
syncd-column-code = Code
syncd-column-new = Neu
syncd-score =
    .title = AI Score { $score } von 100
syncd-code-somewhere =
    .title = Es gibt Code, aber syncd kennt keinen Link dazu
    .aria-label = Es gibt Code
syncd-code-open =
    .title = { $address } öffnen
    .aria-label = Code öffnen: { $address }
syncd-new-mark =
    .title = Neu, seit Sie diese Sammlung zuletzt angesehen haben
    .aria-label = Neu

## Der Abschnitt in der Eintragsansicht

syncd-section-header =
    .label = syncd
syncd-section-sidenav =
    .tooltiptext = syncd
syncd-fact-profile = Profil
syncd-fact-score = AI Score
syncd-fact-affiliations = Einrichtungen
syncd-brought = { $author }
syncd-brought-since = { $author }, seit { $day }
syncd-link-kind =
    { $kind ->
        [code] Code
        [model] Modell
        [dataset] Datensatz
        [demo] Demo
        [project] Projekt
        [paper] Artikel
        [video] Video
       *[other] Link
    }
syncd-link-open =
    .title = { $address } öffnen
    .aria-label = { $address } öffnen
syncd-fact-changed = Geändert
syncd-changed = { $day }: { $fields }
syncd-fact-kept = Ihre Änderungen
syncd-field-tags = Tags
syncd-field-creators = Urheber
syncd-field-collections = Sammlungen
syncd-field-children = Links
syncd-why = Warum ist das hier?
# $source ist eine Seite oder ein Dienst mit den Artikeln der Person, $by ist, was gleich war, wie „DOI“
syncd-why-new = Am { $day } fand syncd den Artikel unter denen von { $author } ({ $source }) und fügte ihn hinzu: Er war nicht in Ihrer Bibliothek.
syncd-why-undone = Sie hatten den Artikel schon, und syncd nahm ihn auf. Am { $day } wurde das rückgängig gemacht: Er ist wieder, wie er war.
syncd-why-had-by =
    Am { $day } fand syncd den Artikel unter denen von { $author } ({ $source }). Sie hatten ihn schon, erkannt an: { $by }. { $filled ->
        [none] syncd ordnete ihn ein und änderte nichts daran.
       *[some] syncd ordnete ihn ein und ergänzte { $fields }.
    }
syncd-why-had-for =
    Am { $day } fand syncd den Artikel unter denen von { $author } ({ $source }). Sie hatten ihn schon: { $reason }. { $filled ->
        [none] syncd ordnete ihn ein und änderte nichts daran.
       *[some] syncd ordnete ihn ein und ergänzte { $fields }.
    }
syncd-why-had =
    Am { $day } fand syncd den Artikel unter denen von { $author } ({ $source }). Sie hatten ihn schon. { $filled ->
        [none] syncd ordnete ihn ein und änderte nichts daran.
       *[some] syncd ordnete ihn ein und ergänzte { $fields }.
    }

## Die Sammlung eines Profils

syncd-last-run = Letzter Lauf
syncd-no-run = Noch keiner
syncd-next-run = Nächster Lauf
syncd-running-now = Jetzt
syncd-run-paused = Keiner: angehalten
syncd-profile-trouble = Der letzte Lauf ist gescheitert: { $message }
syncd-sync-profile =
    .label = Dieses Profil abgleichen

## Menüs

syncd-menu =
    .label = syncd
syncd-menu-summary =
    .label =
        { $state ->
            [running]
                { $troubled ->
                    [0]
                        { $profiles ->
                            [one] Folgt einem Profil
                           *[other] Folgt { $profiles } Profilen
                        }
                    [one] Folgt { $profiles }, eines macht Schwierigkeiten
                   *[other] Folgt { $profiles }, { $troubled } machen Schwierigkeiten
                }
            [paused] Angehalten
            [not-paired] Noch nicht verbunden: syncd login --desktop
            [not-running] Läuft nicht: syncd run
            [refused] Neu verbinden: syncd login --desktop
            [strange] Neu verbinden: syncd login --desktop
            [failed] Gab keine Antwort
            [slow] Gab nicht rechtzeitig Antwort
           *[asking] Fragt nach…
        }
syncd-menu-sync =
    .label = Jetzt abgleichen
syncd-menu-pause =
    .label = Anhalten
syncd-menu-resume =
    .label = Fortsetzen
syncd-menu-status =
    .label = Stand…
syncd-menu-reviews =
    .label = Offene Entscheidungen ({ $count })…
syncd-menu-dashboard =
    .label = Übersicht öffnen
syncd-menu-undo =
    .label = Letzten Lauf rückgängig machen…
syncd-menu-follow =
    .label = Dieser Person folgen…
syncd-menu-code =
    .label = Code öffnen
# $profile ist eine Person, der gefolgt wird, $others sagt, wie viele weitere den Artikel führen
syncd-menu-reject =
    .label =
        { $others ->
            [0] Nicht von { $profile }…
           *[other] Nicht von…
        }
syncd-menu-sync-profile =
    .label = Dieses Profil abgleichen
syncd-menu-unfollow =
    .label = { $profile } nicht mehr folgen…

## Was aus einem Befehl wurde

syncd-at-it = syncd ist dabei…
# $who ist eine Person, $brought sind Teile wie „2 neue Artikel, 1 wartet auf Sie“
syncd-sync-line = { $who }: { $brought }
syncd-brought-created =
    { $count ->
        [one] 1 neuer Artikel
       *[other] { $count } neue Artikel
    }
syncd-brought-adopted =
    { $count ->
        [one] 1 vorhandener eingeordnet
       *[other] { $count } vorhandene eingeordnet
    }
syncd-brought-updated =
    { $count ->
        [one] 1 aktualisiert
       *[other] { $count } aktualisiert
    }
syncd-brought-reviews =
    { $count ->
        [one] 1 wartet auf Sie
       *[other] { $count } warten auf Sie
    }
syncd-sync-none = nichts Neues
syncd-sync-nothing =
    { $profiles ->
        [0] Noch wird keinem Profil gefolgt.
       *[other] Nichts Neues in { $profiles } Profilen.
    }
syncd-sync-profiles = { $profiles } Profile
syncd-sync-troubled =
    { $profiles ->
        [one] Ein Profil macht Schwierigkeiten: Warum, sagt Werkzeuge > syncd > Stand.
       *[other] { $profiles } Profile machen Schwierigkeiten: Warum, sagt Werkzeuge > syncd > Stand.
    }
syncd-sync-goes-on = syncd ist noch dabei. Wie es geht, zeigt Werkzeuge > syncd > Stand.
syncd-did-pause = syncd ruht, bis Sie es fortsetzen.
syncd-did-resume = syncd macht weiter.
syncd-did-unfollow = syncd folgt { $profile } nicht mehr. Die Artikel bleiben.
syncd-did-follow = syncd folgt jetzt { $author }. Die Artikel kommen mit dem nächsten Lauf.
# $trashed Artikel kamen in den Papierkorb, $reverted sind wieder wie zuvor, $left blieben unberührt, $failed gingen schief
syncd-did-undo =
    Der Lauf ist rückgängig gemacht.{ $trashed ->
        [0] { "" }
        [one] { " " }Ein Artikel ist im Papierkorb.
       *[other] { " " }{ $trashed } Artikel sind im Papierkorb.
    }{ $reverted ->
        [0] { "" }
        [one] { " " }Ein Artikel ist wieder wie zuvor.
       *[other] { " " }{ $reverted } Artikel sind wieder wie zuvor.
    }{ $left ->
        [0] { "" }
        [one] { " " }Einer blieb, wie er ist.
       *[other] { " " }{ $left } blieben, wie sie sind.
    }{ $failed ->
        [0] { "" }
        [one] { " " }Einer ließ sich nicht zurücksetzen.
       *[other] { " " }{ $failed } ließen sich nicht zurücksetzen.
    }

# $fate sagt, was aus dem Eintrag des Artikels wurde
syncd-did-reject =
    { $fate ->
        [trashed] Nicht von { $profile }: Der Artikel ist im Papierkorb. „Letzten Lauf rückgängig machen“ nimmt das zurück.
        [taken-out] Nicht von { $profile }: Der Artikel ist nicht mehr in { $collection }. „Letzten Lauf rückgängig machen“ nimmt das zurück.
       *[left] Nicht von { $profile }: Der Artikel wird nicht mehr angeboten. „Letzten Lauf rückgängig machen“ nimmt das zurück.
    }

## Dialoge

syncd-cancel =
    .label = Abbrechen
    .accesskey = A
syncd-close =
    .label = Schließen
    .accesskey = S
syncd-ask-no = Abbrechen
syncd-undo = Letzten Lauf rückgängig machen?
# $day und Uhrzeit des Laufs, Zahlen von Artikeln wie oben
syncd-undo-question =
    Das macht den Lauf vom { $day } rückgängig.{ $trashed ->
        [0] { "" }
        [one] { " " }Ein Artikel kommt in den Papierkorb.
       *[other] { " " }{ $trashed } Artikel kommen in den Papierkorb.
    }{ $reverted ->
        [0] { "" }
        [one] { " " }Ein Artikel wird wieder wie zuvor.
       *[other] { " " }{ $reverted } Artikel werden wieder wie zuvor.
    }{ $left ->
        [0] { "" }
        [one] { " " }Ein Artikel, den Sie seither geändert oder entfernt haben, bleibt, wie er ist.
       *[other] { " " }{ $left } Artikel, die Sie seither geändert oder entfernt haben, bleiben, wie sie sind.
    }
syncd-undo-yes = Rückgängig machen
syncd-unfollow = Nicht mehr folgen?
syncd-unfollow-question = syncd sieht { $profile } nicht mehr durch. Die Artikel und ihre Sammlung bleiben in Zotero.
syncd-unfollow-yes = Nicht mehr folgen
syncd-reject = Nicht von dieser Person?
syncd-reject-which = Wer von diesen hat den Artikel nicht geschrieben?
syncd-reject-question =
    { $fate ->
        [trashed] „{ $title }“ kommt in den Papierkorb: syncd hat den Artikel allein für { $profile } hinzugefügt, und niemand hat ihn geändert.
        [taken-out] „{ $title }“ kommt aus der Sammlung { $collection } und bleibt in Ihrer Bibliothek.
       *[left] In Ihrer Bibliothek ändert sich nichts.
    } syncd bietet den Artikel für { $profile } nicht mehr an.
syncd-reject-yes = Ablehnen

syncd-follow-window =
    .title = Einer Person folgen
syncd-follow-name = Person:
syncd-button-search =
    .label = Suchen
    .accesskey = S
syncd-button-follow =
    .label = Folgen
    .accesskey = F
syncd-follow-others = Auch von diesem Eintrag:
syncd-follow-found =
    .aria-label = Personen dieses Namens
syncd-follow-into = Die Artikel kommen nach: { $library }.
syncd-follow-searching = Suche…
syncd-follow-adding = syncd sieht sich die Artikel von { $author } an…
syncd-follow-nobody = Niemand wurde unter diesem Namen gefunden.
syncd-follow-papers =
    { $papers ->
        [one] ein Artikel
       *[other] { $papers } Artikel
    }
syncd-follow-size =
    { $papers ->
        [one] ein Artikel, h-Index { $index }
       *[other] { $papers } Artikel, h-Index { $index }
    }

syncd-status-window =
    .title = syncd: Stand
syncd-button-sync =
    .label = Jetzt abgleichen
    .accesskey = J
syncd-button-pause =
    .label = Anhalten
    .accesskey = A
syncd-button-resume =
    .label = Fortsetzen
    .accesskey = F
syncd-button-reviews =
    .label = Entscheiden…
syncd-status-profile = Profil
syncd-status-state = Zustand
syncd-status-papers = Artikel
syncd-status-last = Letzter Lauf
syncd-status-next = Nächster Lauf
syncd-state-running = Bei der Arbeit
syncd-state-paused = Angehalten
syncd-state-stopped = Gestoppt
syncd-state-troubled = Schwierigkeiten
syncd-state-new = Noch nicht gelaufen
syncd-state-well = Aktuell
syncd-all-paused = syncd ist angehalten. Es sieht kein Profil durch, bis Sie es fortsetzen.
syncd-nobody-followed = Hier wird noch keinem Profil gefolgt.
syncd-reviews-wait =
    { $count ->
        [one] Ein Artikel wartet auf Ihre Entscheidung.
       *[other] { $count } Artikel warten auf Ihre Entscheidung.
    }

syncd-reviews-window =
    .title = syncd: Artikel, die Sie vielleicht haben
syncd-reviews-about =
    { $total ->
        [1] Ist dieser neue Artikel einer dieser Einträge?
       *[other] Ist dieser neue Artikel einer dieser Einträge? ({ $number } von { $total })
    }
syncd-reviews-none = Nichts wartet auf Sie.
syncd-reviews-gone = Dieser Eintrag liegt inzwischen im Papierkorb oder ist fort. Holen Sie ihn zurück, oder wählen Sie einen anderen.
syncd-reviews-done = Das war der letzte. Der nächste Lauf tut, was Sie entschieden haben.
syncd-review-candidates =
    .aria-label = Einträge, die es sein können
syncd-review-alike = Zu { $percent } % gleich: { $reasons }
syncd-review-alike-only = Zu { $percent } % gleich
syncd-review-new = Neuer Artikel
syncd-review-there = In Ihrer Bibliothek
syncd-button-show =
    .label = Anzeigen
syncd-button-same =
    .label = In diesen Eintrag übernehmen
    .accesskey = E
syncd-button-different =
    .label = Neu hinzufügen
    .accesskey = N
syncd-button-later =
    .label = Später entscheiden
    .accesskey = S
syncd-record-title = Titel
syncd-record-authors = Ersteller
syncd-record-date = Datum
syncd-record-type = Eintragsart
syncd-record-doi = DOI
syncd-record-url = URL

## Einstellungen

syncd-settings-state = Zustand
syncd-settings-running =
    { $troubled ->
        [0]
            { $profiles ->
                [one] Läuft, folgt einem Profil
               *[other] Läuft, folgt { $profiles } Profilen
            }
        [one] Läuft, folgt { $profiles }, davon macht eines Schwierigkeiten
       *[other] Läuft, folgt { $profiles }, davon machen { $troubled } Schwierigkeiten
    }
syncd-settings-paused =
    { $profiles ->
        [one] Angehalten, folgt einem Profil
       *[other] Angehalten, folgt { $profiles } Profilen
    }
syncd-settings-last = Letzter Lauf
syncd-settings-version = Version
syncd-settings-versions = syncd { $syncd }, Plugin { $plugin }
syncd-settings-plugin = Plugin { $plugin }
syncd-settings-open-status =
    .label = Stand…
